using System.Globalization;

namespace Gateway.Privacy;

/// <summary>The texts of one choice of an answer.</summary>
internal sealed class ChoiceChannels
{
    // Of OpenAI's API, and of what its peers add: reasoning, and parts of a content. What is not here comes in one piece.
    private static readonly HashSet<string> Texts =
        new(["content", "text", "refusal", "reasoning", "reasoning_content", "thinking", "summary", "arguments", "input", "transcript"], StringComparer.Ordinal);

    private readonly Dictionary<string, AnswerChannel> _channels = new(StringComparer.Ordinal);

    public IEnumerable<AnswerChannel> All => _channels.Values;

    /// <summary>Whether what stands there is text that comes in pieces.</summary>
    public static bool IsText(IReadOnlyList<object> path) => path is [.., string name] && Texts.Contains(name);

    public AnswerChannel Find(IReadOnlyList<object> path, Func<AnswerChannel> create)
    {
        var key = string.Join('/', path.Select(p => Convert.ToString(p, CultureInfo.InvariantCulture)));
        if (!_channels.TryGetValue(key, out var channel))
        {
            _channels.Add(key, channel = create());
        }

        return channel;
    }
}
