namespace Gateway.Llama.Gguf;

/// <summary>One thing that is wrong with a GGUF file.</summary>
/// <param name="Field">What it is about: <c>version</c>, <c>metadata "llama.block_count"</c>, <c>tensor "output.weight" offset</c>. Names of
/// the file are shortened and free of control characters.</param>
/// <param name="Message">What was found and what is allowed.</param>
public sealed record GgufProblem(string Field, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Message}";
}
