using System.Net;
using Gateway.Api;
using Gateway.Configuration;

namespace Gateway.Tenants;

/// <summary>What a credential may be used for, out of what its tenant may.</summary>
/// <param name="Models">Names of models; null for all of the tenant's.</param>
/// <param name="Endpoints">Names as in <see cref="EndpointNames"/>; null for all.</param>
/// <param name="Networks">Where it may be used from; null for anywhere.</param>
/// <param name="DataClass">Least data class of its requests; null for the lowest. A name, for a scope may outlive the configuration's list.</param>
internal sealed record KeyScope(IReadOnlyList<string>? Models, IReadOnlyList<string>? Endpoints, IReadOnlyList<IPNetwork>? Networks, string? DataClass)
{
    /// <summary>Limits of the key, beside those of its tenant; null for none.</summary>
    public QuotaConfig? Limits { get; init; }

    /// <summary>What an endpoint is called in scopes.</summary>
    public static readonly IReadOnlyList<string> EndpointNames = [.. ApiEndpoint.All.Select(e => e.RouteId), "models", "usage", "tokenize", "detokenize"];

    /// <summary>A scope that narrows nothing.</summary>
    public static readonly KeyScope Everything = new(null, null, null, null);

    /// <summary>A scope that allows nothing.</summary>
    public static readonly KeyScope Nothing = new([], [], [], null);

    /// <param name="config">A scope without errors.</param>
    public static KeyScope Of(ScopeConfig config) => new(
        NullIfEmpty(config.Models),
        NullIfEmpty(config.Endpoints),
        NullIfEmpty<IPNetwork>([.. config.Networks.Select(n => Tenants.Networks.TryParse(n, out var network) ? network : throw new FormatException(n))]),
        config.DataClass);

    public bool AllowsModel(string name) => Models is null || Models.Contains(name, StringComparer.Ordinal);

    public bool AllowsEndpoint(string name) => Endpoints is null || Endpoints.Contains(name, StringComparer.Ordinal);

    /// <param name="address">Null when it is not known, which only a key that is bound to no network survives.</param>
    public bool AllowsAddress(IPAddress? address) => Networks is null || (address is not null && Networks.Contain(address));

    private static IReadOnlyList<T>? NullIfEmpty<T>(IReadOnlyList<T> list) => list.Count == 0 ? null : list;
}
