using System.Text;
using System.Text.Json;
using Gateway.Llama.Grammars;
using Gateway.Llama.Grammars.Matching;

namespace Gateway.Llama.Tests.Grammars;

internal static class TestGrammars
{
    public static Grammar OfSchema(string schema) => OfSchema(JsonElement.Parse(schema));

    public static Grammar OfSchema(JsonElement schema)
    {
        var builder = new GrammarBuilder();
        Assert.True(builder.TrySchema(schema, "schema", out var node, out var error), $"{error?.Path}: {error?.Message} in {schema}");
        return builder.Build(node!);
    }

    public static SchemaError ErrorOf(string schema)
    {
        Assert.False(new GrammarBuilder().TrySchema(JsonElement.Parse(schema), "schema", out _, out var error), $"{schema} was accepted");
        return error!;
    }

    public static Grammar Of(Func<GrammarBuilder, GrammarNode> root)
    {
        var builder = new GrammarBuilder();
        return builder.Build(root(builder));
    }

    public static bool Accepts(this Grammar grammar, string text)
    {
        var machine = new GrammarMachine(grammar, mostMasks: 0);
        var state = machine.Start;
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            state = machine.Step(machine.BeginToken(state), value);
        }

        return state.IsComplete;
    }

    /// <summary>
    /// A text of the grammar, drawn byte by byte; null when it got too long. After a while it takes what ends strings, arrays and objects where
    /// it can, and in the end the shortest way.
    /// </summary>
    public static string? Walk(this Grammar grammar, Random random, int hurryAfter = 120, int most = 4000)
    {
        var machine = new GrammarMachine(grammar, mostMasks: 0);
        var state = machine.Start;
        var text = new List<byte>();
        var permitted = new List<byte>();
        while (text.Count < most)
        {
            state = machine.BeginToken(state);
            if (text.Count > 3 * hurryAfter && ShortestEnd(machine, state) is { } end)
            {
                return Decode([.. text, .. end]);
            }

            permitted.Clear();
            for (var value = 0; value < 256; value++)
            {
                if (!machine.Step(state, (byte)value).IsDead)
                {
                    permitted.Add((byte)value);
                }
            }

            if (state.IsComplete && (permitted.Count == 0 || text.Count > hurryAfter || random.Next(3) == 0))
            {
                return Decode([.. text]);
            }

            Assert.NotEmpty(permitted);
            var next = text.Count > hurryAfter && permitted.FindIndex(value => value is (byte)'"' or (byte)'}' or (byte)']') is >= 0 and var closing
                ? permitted[closing]
                : Pick(permitted, random);
            text.Add(next);
            state = machine.Step(state, next);
        }

        return null;
    }

    private static string Decode(byte[] text) => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text);

    private static List<byte>? ShortestEnd(GrammarMachine machine, StackSet start)
    {
        const int MostStates = 500;
        var from = new Dictionary<StackSet, (StackSet? State, byte Value)> { [start] = (null, 0) };
        var open = new Queue<StackSet>([start]);
        while (from.Count < MostStates && open.TryDequeue(out var state))
        {
            for (var value = 0; value < 256; value++)
            {
                var next = machine.Step(state, (byte)value);
                if (next.IsDead || !from.TryAdd(next, (state, (byte)value)))
                {
                    continue;
                }

                open.Enqueue(next);
                if (next.IsComplete)
                {
                    var path = new List<byte>();
                    for (var at = next; from[at].State is { } before; at = before)
                    {
                        path.Insert(0, from[at].Value);
                    }

                    return path;
                }
            }
        }

        return null;
    }

    // Kinds of bytes first, so that ends are not drowned by letters.
    private static byte Pick(List<byte> permitted, Random random)
    {
        var kinds = permitted.GroupBy(value => value switch
        {
            (byte)'"' or (byte)'}' or (byte)']' or (byte)',' => 0,
            (byte)'\\' => 1,
            (byte)' ' or (byte)'\n' => 2,
            < 0x80 => random.Next(2) == 0 ? 3 : char.IsAsciiLetterOrDigit((char)value) ? 3 : 4,
            _ => 5,
        }).ToList();
        var kind = kinds[random.Next(kinds.Count)].ToList();
        return kind[random.Next(kind.Count)];
    }
}
