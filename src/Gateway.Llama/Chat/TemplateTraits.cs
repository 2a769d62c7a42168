namespace Gateway.Llama.Chat;

/// <summary>What a template can take, found by rendering small conversations (<see cref="TemplateProbe"/>).</summary>
internal sealed record TemplateTraits
{
    /// <summary>Variable that the tools go into: <c>tools</c>, <c>xml_tools</c>, <c>functions</c>; null where the template does not describe tools.</summary>
    public string? ToolsVariable { get; init; }

    /// <summary>Whether calls and their results show when they are given as the API has them.</summary>
    public bool ToolCalls { get; init; }

    /// <summary>Whether the arguments of a call are to be an object; else they are JSON text.</summary>
    public bool ObjectArguments { get; init; }

    /// <summary>What stands for the content of a message that only calls tools.</summary>
    public NoContent NoContent { get; init; }

    /// <summary>Whether one message may call several tools.</summary>
    public bool ManyCalls { get; init; }

    /// <summary>Whether a message with calls may have a text too.</summary>
    public bool TextBesideCalls { get; init; }

    /// <summary>Whether ids of calls must be nine letters or digits (Mistral).</summary>
    public bool ShortIds { get; init; }

    /// <summary>Whether there are system messages at all.</summary>
    public bool System { get; init; }

    /// <summary>Whether there may be more than one, anywhere.</summary>
    public bool ManySystems { get; init; }

    /// <summary>Whether users and assistants must take turns.</summary>
    public bool Alternates { get; init; }

    /// <summary>Whether the first message beside the system's must be a user's.</summary>
    public bool UserFirst { get; init; }

    /// <summary>Whether an assistant may have said nothing.</summary>
    public bool EmptyAssistant { get; init; }

    /// <summary>Whether contents must be lists of parts.</summary>
    public bool TypedContent { get; init; }
}

/// <summary>How a template wants to be told that there is no content.</summary>
internal enum NoContent
{
    Null,
    Empty,
    Absent,
}
