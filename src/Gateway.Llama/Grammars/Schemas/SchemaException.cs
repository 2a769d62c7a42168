namespace Gateway.Llama.Grammars.Schemas;

/// <summary>Ends the compilation of a schema; the builder turns it into the error that it carries.</summary>
internal sealed class SchemaException(string path, string message, string? keyword, bool isMalformed = false) : Exception(message)
{
    public SchemaError Error { get; } = new(path, message, keyword) { IsMalformed = isMalformed };
}
