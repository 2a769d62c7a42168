using System.Collections.Frozen;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>Keywords that demand nothing, and those that cannot be held.</summary>
internal static class SchemaKeywords
{
    private static readonly FrozenSet<string> Annotations = FrozenSet.ToFrozenSet(
        [
            "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "contentMediaType", "contentEncoding",
            "$schema", "$id", "$comment", "$defs", "definitions",
        ],
        StringComparer.Ordinal);

    private static readonly FrozenSet<string> Unheld = FrozenSet.ToFrozenSet(
        [
            "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies", "patternProperties", "propertyNames",
            "unevaluatedProperties", "unevaluatedItems", "contains", "minContains", "maxContains", "uniqueItems", "minProperties", "maxProperties",
            "contentSchema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary", "id", "nullable",
            "discriminator", "divisibleBy", "extends", "disallow",
        ],
        StringComparer.Ordinal);

    /// <summary>Whether a keyword says nothing about what is valid.</summary>
    public static bool IsAnnotation(string keyword) => Annotations.Contains(keyword) || keyword.StartsWith("x-", StringComparison.Ordinal);

    /// <summary>Why a keyword that is not handled is refused.</summary>
    public static string Refusal(string keyword) => Unheld.Contains(keyword)
        ? $"'{keyword}' is not supported: an answer could not be kept to it."
        : $"'{keyword}' is not a keyword that is known; only those that begin with 'x-' are ignored.";
}
