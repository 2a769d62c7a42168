namespace Gateway.Llama.Grammars;

/// <summary>Why a JSON Schema cannot be held.</summary>
/// <param name="Path">Where, such as "tools[0].function.parameters.properties.a.patternProperties".</param>
/// <param name="Message">What is wrong there and what to do.</param>
/// <param name="Keyword">The schema's keyword that is at fault, if it is one.</param>
public sealed record SchemaError(string Path, string Message, string? Keyword)
{
    /// <summary>Whether it is no JSON Schema at all, rather than one that cannot be held.</summary>
    public bool IsMalformed { get; init; }
}
