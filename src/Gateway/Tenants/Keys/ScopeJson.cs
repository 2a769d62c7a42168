using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Tenants.Keys;

/// <summary>A scope as the store and the admin API have it; what is left out is not narrowed.</summary>
internal sealed record ScopeJson
{
    public IReadOnlyList<string>? Models { get; init; }

    public IReadOnlyList<string>? Endpoints { get; init; }

    public IReadOnlyList<string>? Networks { get; init; }

    public string? DataClass { get; init; }

    /// <summary>How much it may be used, beside what it may be used for.</summary>
    public LimitsJson? Limits { get; init; }

    public static ScopeJson Of(KeyScope scope) => new()
    {
        Models = scope.Models,
        Endpoints = scope.Endpoints,
        Networks = scope.Networks?.Select(n => n.ToString()).ToList(),
        DataClass = scope.DataClass,
        Limits = LimitsJson.Of(scope.Limits),
    };

    /// <summary>As the store has it.</summary>
    public static string Write(KeyScope scope) => JsonSerializer.Serialize(Of(scope), ScopeJsonContext.Default.ScopeJson);

    /// <summary>
    /// Reads what the store has; null when it says something that this program does not know. Such a key must not be good for more than was meant.
    /// </summary>
    public static KeyScope? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ScopeJsonContext.Default.ScopeJson) is { } scope && scope.TryToScope(out var read, out _) ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads the texts in it; when one cannot be read, says which and why.</summary>
    public bool TryToScope(out KeyScope scope, out (string Field, string Problem) error)
    {
        scope = KeyScope.Everything;
        error = default;
        var networks = new List<System.Net.IPNetwork>();
        foreach (var text in Networks ?? [])
        {
            if (text is null || !Tenants.Networks.TryParse(text, out var network))
            {
                error = ("networks", $"each must be {Tenants.Networks.InWords}; the bits behind the prefix must be zero");
                return false;
            }

            networks.Add(network);
        }

        string? wrong = null;
        var limits = Limits?.ToConfig(out wrong);
        if (wrong is not null)
        {
            error = ($"limits.{wrong}", "must be 0 or more, and money less than 1000000000 with at most six digits behind the point");
            return false;
        }

        scope = new KeyScope(Models, Endpoints, Networks is null ? null : networks, DataClass) { Limits = limits };
        return true;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ScopeJson))]
internal sealed partial class ScopeJsonContext : JsonSerializerContext;
