using System.Text.Unicode;
using Gateway.Llama.Grammars;
using Gateway.Llama.Grammars.Matching;
using Gateway.Llama.Loading;
using Gateway.Llama.Tokenizing;
using LLama.Native;

namespace Gateway.Llama.Tests.Grammars;

/// <summary>libllama's own grammar sampler as the measure: it reads what is printed, and permits the same tokens.</summary>
public sealed class LibllamaGrammarTests
{
    private const int Tokens = 25;

    [SharedFact]
    public void It_permits_the_same_tokens_all_the_way()
    {
        using var model = Load();
        var oracle = new Oracle(model);
        foreach (var one in SchemaCase.All)
        {
            oracle.Compare(new GrammarConstraint(TestGrammars.OfSchema(one.Schema)), one.Name, seed: one.Name.Length);
        }
    }

    [SharedFact]
    public void It_permits_the_same_tokens_in_grammars_that_are_put_together()
    {
        using var model = Load();
        var oracle = new Oracle(model);
        foreach (var (name, grammar) in Composed())
        {
            for (var seed = 0; seed < 5; seed++)
            {
                oracle.Compare(new GrammarConstraint(grammar), name, seed);
            }
        }
    }

    private static SafeLlamaModelHandle Load() => ModelLoader.Load(
        new LlamaEngineOptions { ModelPath = TestModels.Tiny("tiny-llama.gguf") }, new MemoryBudget(() => long.MaxValue).Begin(), null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, out _, CancellationToken.None);

    private static IEnumerable<(string Name, Grammar Grammar)> Composed()
    {
        yield return ("calls", TestGrammars.Of(b => b.Repeat(
            b.Sequence(b.Literal("<tool_call>\n{\"name\": "), b.Choice(b.Literal("\"get\""), b.Literal("\"get_all\"")), b.Literal(", \"arguments\": "), b.JsonObject(), b.Literal("}\n</tool_call>")),
            1,
            3)));
        yield return ("until", TestGrammars.Of(b => b.Sequence(b.Literal("<think>"), b.Until("</think>"), b.Literal("</think>"), b.Space(), b.AnyJson())));
        yield return ("unicode", TestGrammars.Of(b => b.Repeat(b.Choice(b.Literal("é"), b.Literal("日本"), b.Literal("🎉"), b.Literal("ê")), 2, 9)));
        yield return ("alike", TestGrammars.Of(b => b.Choice(b.Literal("the"), b.Literal("then"), b.Literal("there"), b.Sequence(b.Literal("the"), b.Space(), b.Literal("end")))));
        yield return ("nested", TestGrammars.Of(b => b.Repeat(b.Repeat(b.Choice(b.Literal("a"), b.Literal("ab")), 1, 3), 2, null)));
    }

    private sealed class Oracle
    {
        private readonly SafeLlamaModelHandle _model;
        private readonly LlamaTokenizer _tokenizer;
        private readonly TokenTrie _trie;

        public Oracle(SafeLlamaModelHandle model)
        {
            _model = model;
            _tokenizer = new LlamaTokenizer(model, null);
            _trie = TokenTrie.Build([.. Enumerable.Range(0, model.Vocab.Count).Select(token => _tokenizer.TokenToBytes(token, special: false))], _tokenizer.Special.EndsGeneration);
        }

        public void Compare(GrammarConstraint constraint, string name, int seed)
        {
            using var chain = SafeLLamaSamplerChainHandle.Create(LLamaSamplerChainParams.Default());
            chain.AddGrammar(_model.Vocab, constraint.Grammar.ToString(), "root");
            var random = new Random(seed);
            var matcher = new AnswerMatcher(constraint, _trie);
            var state = matcher.Start;
            var text = new List<byte>();
            for (var i = 0; i < Tokens && !matcher.MustEnd(state); i++)
            {
                state = matcher.BeginToken(state);
                var mask = matcher.MaskOf(state);
                var theirs = Permitted(chain);
                var permitted = new List<int>();
                for (var token = 0; token < theirs.Length; token++)
                {
                    var mine = (mask[token / 64] & (1UL << (token % 64))) != 0;
                    Assert.Equal(mine, matcher.TryToken(state, token, out _));
                    if (_trie.EndsGeneration(token) || IsComparable(text, _trie.TextOf(token)))
                    {
                        Assert.True(mine == theirs[token], $"{name} after '{System.Text.Encoding.UTF8.GetString([.. text])}': token {token} '{_model.Vocab.Text(token)}' is {mine} here");
                    }

                    if (mine && !_trie.EndsGeneration(token))
                    {
                        permitted.Add(token);
                    }
                }

                if (permitted.Count == 0)
                {
                    return;
                }

                var next = permitted[random.Next(permitted.Count)];
                Assert.True(matcher.TryToken(state, next, out state));
                text.AddRange(_trie.TextOf(next));
                chain.Accept(next);
            }
        }

        // libllama lets pass what is no UTF-8, and gives control tokens a text; there is nothing to compare in either.
        private static bool IsComparable(List<byte> text, ReadOnlySpan<byte> more)
        {
            if (more.IsEmpty)
            {
                return false;
            }

            byte[] all = [.. text[Math.Max(0, text.Count - 8)..], .. more];
            var start = 0;
            while (start < all.Length && (all[start] & 0xC0) == 0x80)
            {
                start++;
            }

            // Not beyond what one more character would complete.
            Span<char> characters = stackalloc char[all.Length];
            return Utf8.ToUtf16(all.AsSpan(start), characters, out _, out _, replaceInvalidSequences: false, isFinalBlock: false)
                is System.Buffers.OperationStatus.Done or System.Buffers.OperationStatus.NeedMoreData;
        }

        private bool[] Permitted(SafeLLamaSamplerChainHandle chain)
        {
            var data = LLamaTokenDataArray.Create(new float[_trie.TokenCount]);
            using var pinned = LLamaTokenDataArrayNative.Create(data, out var candidates);
            candidates.Selected = -1;
            chain.Apply(ref candidates);
            var permitted = new bool[_trie.TokenCount];
            foreach (var one in candidates.Data)
            {
                permitted[(int)one.ID] = !float.IsNegativeInfinity(one.Logit);
            }

            return permitted;
        }
    }
}
