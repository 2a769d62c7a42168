using System.Text.Json;

namespace Gateway.Residency;

/// <summary>
/// What big providers publish of their regions, as of <see cref="AsOf"/>. It finds contradictions and helps with words; it is never a fact by itself, for
/// what a deployment's place is only its operator can say.
/// </summary>
internal static class Catalogue
{
    private const string Resource = "residency/providers.json";
    private const string Region = "{region}";

    // Vertex AI's name of no region in particular.
    private const string Global = "global";

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly CatalogueJson Content = Load();

    private static readonly CountryBook Book = new([]);

    public static string AsOf => Content.AsOf;

    public static IReadOnlyList<CatalogueProvider> Providers => Content.Providers;

    /// <summary>What is published of the API at a URL; null when nothing is.</summary>
    public static CatalogueFact? OfUrl(Uri url)
    {
        foreach (var provider in Content.Providers)
        {
            foreach (var pattern in provider.Hosts)
            {
                if (TryMatch(pattern, url.IdnHost.TrimEnd('.').ToLowerInvariant(), out var region))
                {
                    region ??= provider.Path is null ? null : InPath(provider.Path, url.AbsolutePath);
                    var countries = region is null ? provider.Default : provider.Regions.TryGetValue(region, out var country) ? [country] : null;
                    return new CatalogueFact(provider.Name, region, countries is null ? null : Set(countries), provider.Source)
                    {
                        IsAnywhere = region is Global,
                        Operator = provider.Operator,
                        OperatorCountry = provider.OperatorCountry,
                    };
                }
            }
        }

        return null;
    }

    /// <summary>
    /// What the name of a model says of where it is processed: Bedrock's inference profiles, <c>eu.anthropic...</c>, and the region in an <c>arn:</c>;
    /// null when it says nothing.
    /// </summary>
    public static CatalogueFact? OfModel(string name)
    {
        if (name.StartsWith("arn:", StringComparison.OrdinalIgnoreCase))
        {
            // arn:partition:service:region:account:resource; a profile in it says more than its region.
            var parts = name.Split(':', 6);
            return parts.Length < 6 ? null : OfModel(parts[5][(parts[5].LastIndexOf('/') + 1)..]) ?? OfRegion(parts[3]);
        }

        foreach (var prefix in Content.ModelPrefixes)
        {
            if (name.StartsWith(prefix.Prefix, StringComparison.OrdinalIgnoreCase) && IsMaker(name[prefix.Prefix.Length..]))
            {
                return new CatalogueFact($"the inference profile `{prefix.Prefix}`", Region: null, prefix.Countries is null ? null : Set(prefix.Countries), prefix.Source)
                {
                    IsAnywhere = prefix.Countries is null,
                };
            }
        }

        return null;
    }

    private static CatalogueFact? OfRegion(string region)
    {
        var aws = Content.Providers[0];
        return aws.Regions.TryGetValue(region, out var country) ? new CatalogueFact(aws.Name, region, Set([country]), aws.Source) : null;
    }

    private static bool IsMaker(string rest) => rest.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && Content.ModelMakers.Contains(rest[..dot], StringComparer.OrdinalIgnoreCase);

    private static CountrySet Set(IReadOnlyList<string> names) => new(names.SelectMany(n => Book.Read([n])?.Codes ?? [n]));

    // One label, or a part of one, stands for the region; `*.` stands for any label.
    private static bool TryMatch(string pattern, string host, out string? region)
    {
        region = null;
        if (pattern.StartsWith("*.", StringComparison.Ordinal))
        {
            return host.EndsWith(pattern[1..], StringComparison.Ordinal);
        }

        var at = pattern.IndexOf(Region, StringComparison.Ordinal);
        if (at < 0)
        {
            return string.Equals(pattern, host, StringComparison.Ordinal);
        }

        var (before, after) = (pattern[..at], pattern[(at + Region.Length)..]);
        if (host.Length <= before.Length + after.Length || !host.StartsWith(before, StringComparison.Ordinal) || !host.EndsWith(after, StringComparison.Ordinal))
        {
            return false;
        }

        region = host[before.Length..^after.Length];
        return !region.Contains('.', StringComparison.Ordinal);
    }

    private static string? InPath(string pattern, string path)
    {
        var before = pattern[..pattern.IndexOf(Region, StringComparison.Ordinal)];
        return path.IndexOf(before, StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? path[(at + before.Length)..].Split('/')[0].ToLowerInvariant() : null;
    }

    private static CatalogueJson Load()
    {
        using var stream = typeof(Catalogue).Assembly.GetManifestResourceStream(Resource)!;
        return JsonSerializer.Deserialize<CatalogueJson>(stream, Options)!;
    }

    private sealed record CatalogueJson(
        string AsOf, IReadOnlyList<CatalogueProvider> Providers, IReadOnlyList<CatalogueModelPrefix> ModelPrefixes, IReadOnlyList<string> ModelMakers);
}

/// <summary>A provider of the catalogue.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Operator">Who operates it.</param>
/// <param name="OperatorCountry">Home country of the operator.</param>
/// <param name="Source">Where that is published.</param>
/// <param name="Hosts">Patterns of its hosts; <c>{region}</c> stands for one of its regions.</param>
/// <param name="Path">Pattern of the region in a path; null when there is none.</param>
/// <param name="Default">Where hosts without a region process; null when that is not published.</param>
/// <param name="Regions">The country of each region.</param>
internal sealed record CatalogueProvider(
    string Name,
    string Operator,
    string OperatorCountry,
    string Source,
    IReadOnlyList<string> Hosts,
    string? Path,
    IReadOnlyList<string>? Default,
    IReadOnlyDictionary<string, string> Regions);

/// <param name="Prefix">What model ids begin with.</param>
/// <param name="Countries">Where they may be processed; null for anywhere.</param>
/// <param name="Source">Where that is published.</param>
internal sealed record CatalogueModelPrefix(string Prefix, IReadOnlyList<string>? Countries, string Source);

/// <summary>What is published of a deployment.</summary>
/// <param name="What">Of what it is known.</param>
/// <param name="Region">The provider's name of the region.</param>
/// <param name="Countries">All countries where it may be processed; null when that is not published.</param>
/// <param name="Source">Where that is published.</param>
internal sealed record CatalogueFact(string What, string? Region, CountrySet? Countries, string Source)
{
    /// <summary>Whether it may be processed in any of the provider's regions.</summary>
    public bool IsAnywhere { get; init; }

    public string? Operator { get; init; }

    public string? OperatorCountry { get; init; }
}
