namespace Gateway.Privacy;

/// <summary>One text of an answer: of a choice, its content, its reasoning or the arguments of one of its calls.</summary>
internal sealed class AnswerChannel(IReadOnlyList<object> path, AnswerReader? reader, PlaceholderReader? placeholders)
{
    /// <summary>Where it stands in a choice: names of keys, and numbers of items.</summary>
    public IReadOnlyList<object> Path { get; } = path;

    public bool IsHolding => reader is { IsHolding: true } || placeholders is { IsHolding: true };

    /// <summary>What can be told of the text by now.</summary>
    public string Read(string piece, bool isLast)
    {
        // First what the model said; what comes back from the request is the client's own.
        piece = reader?.Read(piece, isLast) ?? piece;
        return placeholders?.Read(piece, isLast) ?? piece;
    }
}
