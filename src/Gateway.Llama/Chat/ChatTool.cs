using System.Text.Json;

namespace Gateway.Llama.Chat;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Definition">The caller's definition: <c>{"type":"function","function":{...}}</c>.</param>
/// <param name="Parameters">JSON Schema of its arguments; null where it takes none.</param>
/// <param name="Strict">Whether the arguments of a call must satisfy the schema.</param>
/// <param name="Path">Where the parameters stand in the request, for errors: <c>tools[0].function.parameters</c>.</param>
public sealed record ChatTool(string Name, JsonElement Definition, JsonElement? Parameters, bool Strict, string Path);
