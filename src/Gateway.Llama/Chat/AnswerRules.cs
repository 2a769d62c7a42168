using System.Text.Json;

namespace Gateway.Llama.Chat;

/// <summary>What an answer has to keep to.</summary>
public sealed record AnswerRules
{
    /// <summary>Tools that may be called.</summary>
    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    /// <summary>Whether one must be.</summary>
    public bool MustCall { get; init; }

    /// <summary>Whether several may be called.</summary>
    public bool Parallel { get; init; }

    /// <summary>Whether the text of the answer must be JSON: an object, or what <see cref="Schema"/> says.</summary>
    public bool Json { get; init; }

    /// <summary>JSON Schema of the text; null for any object.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>Where the schema stands in the request, for errors.</summary>
    public string SchemaPath { get; init; } = "";
}
