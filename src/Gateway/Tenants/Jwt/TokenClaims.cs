using System.Text.Json;
using Gateway.Api;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tenants.Jwt;

/// <summary>The claims of a token whose signature was found good.</summary>
internal sealed class TokenClaims : IDisposable
{
    // RFC 8725, 2.6: readers must not differ about what a token says.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly JsonDocument _document;

    private TokenClaims(JsonDocument document) => _document = document;

    /// <summary>Reads a payload; null when it is no JSON object.</summary>
    public static TokenClaims? Parse(string encodedPayload)
    {
        try
        {
            var document = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(encodedPayload), Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return new TokenClaims(document);
            }

            document.Dispose();
            return null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The texts of a claim that is one or a list of them; a name with dots that is no claim itself is a way into objects.</summary>
    public IReadOnlyList<string> Texts(string claim)
    {
        if (!_document.RootElement.TryGetProperty(claim, out var value))
        {
            value = _document.RootElement;
            foreach (var step in claim.Split('.'))
            {
                if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(step, out value))
                {
                    return [];
                }
            }
        }

        return value.ValueKind switch
        {
            JsonValueKind.Array => [.. value.EnumerateArray().Select(Text).OfType<string>()],
            _ => Text(value) is { } text ? [text] : [],
        };
    }

    /// <summary>A time in seconds since 1970 (RFC 7519's NumericDate); null when the claim is missing or no such number.</summary>
    public double? Time(string claim) =>
        _document.RootElement.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) ? seconds : null;

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String && RequestFields.Text(value, "", out var text) is null ? text : null;

    public void Dispose() => _document.Dispose();
}
