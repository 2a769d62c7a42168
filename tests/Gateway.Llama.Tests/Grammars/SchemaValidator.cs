using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;

namespace Gateway.Llama.Tests.Grammars;

/// <summary>
/// Validates instances against JSON Schemas: a measure that shares nothing with the engine. Numbers are exact fractions, patterns are .NET's,
/// formats are what .NET's own types read.
/// </summary>
internal sealed class SchemaValidator(JsonElement root)
{
    private const RegexOptions PatternOptions = RegexOptions.ECMAScript;

    // White space of ECMA-262 that .NET leaves out; the patterns here write \s in brackets only.
    private const string MoreSpaces = "\\s\u00A0\uFEFF\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";

    /// <summary>What is wrong with the instance, null when it is valid.</summary>
    public string? FindError(JsonElement instance) => Find(root, instance, "$");

    public static string? FindError(string schema, string instance)
    {
        using var document = JsonDocument.Parse(instance);
        return new SchemaValidator(JsonElement.Parse(schema)).FindError(document.RootElement);
    }

    private string? Find(JsonElement schema, JsonElement value, string at)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind == JsonValueKind.True ? null : $"{at}: nothing is valid";
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            if (Check(schema, keyword.Name, keyword.Value, value, at) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private string? Check(JsonElement schema, string keyword, JsonElement argument, JsonElement value, string at)
    {
        string? Fail(bool valid) => valid ? null : $"{at}: {keyword} {argument} and {value}";
        int Passed() => argument.EnumerateArray().Count(part => Find(part, value, at) is null);
        switch (keyword)
        {
            case "$ref":
                return Find(Resolve(argument.GetString()!), value, at);
            case "type":
                return Fail(argument.ValueKind == JsonValueKind.Array ? argument.EnumerateArray().Any(type => Is(value, type.GetString()!)) : Is(value, argument.GetString()!));
            case "enum":
                return Fail(argument.EnumerateArray().Any(one => Equal(one, value)));
            case "const":
                return Fail(Equal(argument, value));
            case "allOf":
                return Fail(Passed() == argument.GetArrayLength());
            case "anyOf":
                return Fail(Passed() > 0);
            case "oneOf":
                return Fail(Passed() == 1);
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number => Fail(CheckNumber(keyword, argument, value)),
            JsonValueKind.String => Fail(CheckString(keyword, argument, value.GetString()!)),
            JsonValueKind.Array => CheckArray(schema, keyword, argument, value, at),
            JsonValueKind.Object => CheckObject(schema, keyword, argument, value, at),
            _ => null,
        };
    }

    private static bool CheckNumber(string keyword, JsonElement argument, JsonElement value) => keyword switch
    {
        "minimum" => Compare(value, argument) >= 0,
        "maximum" => Compare(value, argument) <= 0,
        "exclusiveMinimum" => Compare(value, argument) > 0,
        "exclusiveMaximum" => Compare(value, argument) < 0,
        "multipleOf" => IsMultiple(value, argument),
        "format" => argument.GetString() switch
        {
            "int32" => !Is(value, "integer") || int.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            "int64" => !Is(value, "integer") || long.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            "uint32" => !Is(value, "integer") || uint.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            _ => true,
        },
        _ => true,
    };

    private static bool CheckString(string keyword, JsonElement argument, string value) => keyword switch
    {
        "minLength" => value.EnumerateRunes().Count() >= argument.GetInt32(),
        "maxLength" => value.EnumerateRunes().Count() <= argument.GetInt32(),
        "pattern" => Regex.IsMatch(value, argument.GetString()!.Replace("\\s", MoreSpaces, StringComparison.Ordinal), PatternOptions),
        "format" => IsFormat(argument.GetString()!, value),
        _ => true,
    };

    private string? CheckArray(JsonElement schema, string keyword, JsonElement argument, JsonElement value, string at)
    {
        var items = value.EnumerateArray().ToList();
        string? Each(IEnumerable<(JsonElement Schema, int Index)> checks) =>
            checks.Where(check => check.Index < items.Count).Select(check => Find(check.Schema, items[check.Index], $"{at}[{check.Index}]")).FirstOrDefault(error => error is not null);
        string? From(int start, JsonElement rest) => Each(Enumerable.Range(start, Math.Max(0, items.Count - start)).Select(index => (rest, index)));
        return keyword switch
        {
            "minItems" => items.Count >= argument.GetInt32() ? null : $"{at}: {items.Count} items, at least {argument}",
            "maxItems" => items.Count <= argument.GetInt32() ? null : $"{at}: {items.Count} items, at most {argument}",
            "prefixItems" => Each(argument.EnumerateArray().Select((one, index) => (one, index))),
            "items" when argument.ValueKind == JsonValueKind.Array => Each(argument.EnumerateArray().Select((one, index) => (one, index))),
            "items" => From(schema.TryGetProperty("prefixItems", out var prefix) ? prefix.GetArrayLength() : 0, argument),
            "additionalItems" when schema.TryGetProperty("items", out var tuple) && tuple.ValueKind == JsonValueKind.Array => From(tuple.GetArrayLength(), argument),
            _ => null,
        };
    }

    private string? CheckObject(JsonElement schema, string keyword, JsonElement argument, JsonElement value, string at)
    {
        switch (keyword)
        {
            case "required":
                return argument.EnumerateArray().Select(name => name.GetString()!).FirstOrDefault(name => !value.TryGetProperty(name, out _)) is { } missing
                    ? $"{at}: {missing} is missing"
                    : null;
            case "properties":
                return value.EnumerateObject()
                    .Select(member => argument.TryGetProperty(member.Name, out var part) ? Find(part, member.Value, $"{at}.{member.Name}") : null)
                    .FirstOrDefault(error => error is not null);
            case "additionalProperties":
                return value.EnumerateObject()
                    .Where(member => !(schema.TryGetProperty("properties", out var named) && named.TryGetProperty(member.Name, out _)))
                    .Select(member => Find(argument, member.Value, $"{at}.{member.Name}"))
                    .FirstOrDefault(error => error is not null);
            default:
                return null;
        }
    }

    private JsonElement Resolve(string reference)
    {
        var element = root;
        foreach (var part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            element = element.ValueKind == JsonValueKind.Array ? element[int.Parse(name, CultureInfo.InvariantCulture)] : element.GetProperty(name);
        }

        return element;
    }

    private static bool Is(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && Fraction(value) is var (numerator, denominator) && (numerator % denominator).IsZero,
        _ => throw new ArgumentException(type, nameof(type)),
    };

    private static bool Equal(JsonElement a, JsonElement b) =>
        a.ValueKind == b.ValueKind && a.ValueKind switch
        {
            JsonValueKind.Number => Compare(a, b) == 0,
            JsonValueKind.String => a.GetString() == b.GetString(),
            JsonValueKind.Array => a.GetArrayLength() == b.GetArrayLength() && a.EnumerateArray().Zip(b.EnumerateArray()).All(pair => Equal(pair.First, pair.Second)),
            JsonValueKind.Object => a.EnumerateObject().Count() == b.EnumerateObject().Count()
                && a.EnumerateObject().All(member => b.TryGetProperty(member.Name, out var other) && Equal(member.Value, other)),
            _ => true,
        };

    private static int Compare(JsonElement a, JsonElement b)
    {
        var ((p, q), (r, s)) = (Fraction(a), Fraction(b));
        return (p * s).CompareTo(r * q);
    }

    private static bool IsMultiple(JsonElement value, JsonElement step)
    {
        var ((p, q), (r, s)) = (Fraction(value), Fraction(step));
        return (p * s % (q * r)).IsZero;
    }

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(JsonElement number)
    {
        var parts = number.GetRawText().ToUpperInvariant().Split('E');
        var digits = parts[0].Split('.');
        var exponent = (parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0) - (digits.Length > 1 ? digits[1].Length : 0);
        var mantissa = BigInteger.Parse(string.Concat(digits), CultureInfo.InvariantCulture);
        return exponent >= 0 ? (mantissa * BigInteger.Pow(10, exponent), 1) : (mantissa, BigInteger.Pow(10, -exponent));
    }

    private static bool IsFormat(string format, string text)
    {
        switch (format)
        {
            case "date":
                return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
            case "date-time":
                return text.Length > 10 && text[10] == 'T' && IsFormat("time", text[11..]) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _);
            case "time":
                return text.IndexOfAny(['Z', '+', '-']) > 0 && DateTimeOffset.TryParse("2001-02-03T" + text, CultureInfo.InvariantCulture, out _);
            case "duration":
                return Regex.IsMatch(text, "^P(\\d+W|(?=.)(\\d+Y)?(\\d+M)?(\\d+D)?(T(?=.)(\\d+H)?(\\d+M)?(\\d+S)?)?)$", PatternOptions) && (text.EndsWith('W') || Reads(() => XmlConvert.ToTimeSpan(text)));
            case "email":
                return System.Net.Mail.MailAddress.TryCreate(text, out var address) && address.Address == text && text.IndexOf('@', StringComparison.Ordinal) <= 64;
            case "hostname":
                return text.Length is > 0 and <= 253 && Uri.CheckHostName(text) == UriHostNameType.Dns && text.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-');
            case "ipv4":
                return IPAddress.TryParse(text, out var v4) && v4.AddressFamily == AddressFamily.InterNetwork && v4.ToString() == text;
            case "ipv6":
                return !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(text, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6;
            case "uuid":
                return Guid.TryParseExact(text, "D", out _);
            case "uri":
                return Uri.TryCreate(text, UriKind.Absolute, out _) && Uri.IsWellFormedUriString(text, UriKind.Absolute);
            default:
                return true;
        }
    }

    private static bool Reads(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
        catch (OverflowException)
        {
            return true;
        }
    }
}
