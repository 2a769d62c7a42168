using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Gateway.Api;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Providers;

/// <summary>An API elsewhere that answers for a deployment.</summary>
internal sealed class Upstream
{
    // An image in full detail has up to 1,445 tokens with gpt-4o (768 x 2048: 8 tiles of 170, and 85).
    private const int DefaultImageTokens = 2_000;

    private const int DefaultChatTokens = 4_096;

    // OpenAI's own default of max_tokens for /v1/completions.
    private const int DefaultCompletionTokens = 16;

    private readonly Uri[] _uris;

    /// <param name="config">A remote deployment, without errors.</param>
    /// <param name="timeout">Longest silence before the answer is given up.</param>
    public Upstream(DeploymentConfig config, TimeSpan timeout)
    {
        var apiKey = config.ApiKey?.Reveal();
        Deployment = config.Name;
        BaseUrl = new Uri(config.BaseUrl!).AbsoluteUri.TrimEnd('/');
        Timeout = timeout;
        StreamUsage = config.StreamUsage;
        MaxOutputTokens = config.MaxOutputTokens;
        ImageTokens = config.ImageTokens ?? DefaultImageTokens;
        ChatCapField = config.Kind == DeploymentKind.OpenAI ? "max_completion_tokens" : "max_tokens";
        PassedHeaders = UpstreamHeaders.PassedWith(config.PassHeaders);
        _uris = [.. ApiEndpoint.All.Select(e => new Uri(BaseUrl + e.Path))];
        Authorization = apiKey is null ? null : $"Bearer {apiKey}";
        ApiKey = apiKey;
        ApiKeyBytes = apiKey is null ? ReadOnlyMemory<byte>.Empty : Encoding.UTF8.GetBytes(apiKey);
        ModelJson = config.Model is null ? ReadOnlyMemory<byte>.Empty : JsonSerializer.SerializeToUtf8Bytes(config.Model);
    }

    /// <summary>Name of the deployment, for messages.</summary>
    public string Deployment { get; }

    /// <summary>Base URL without a slash at its end; an endpoint's path follows.</summary>
    public string BaseUrl { get; }

    /// <summary>The <c>Authorization</c> header; null for an API without keys.</summary>
    public string? Authorization { get; }

    /// <summary>The key, to be kept out of what the client gets.</summary>
    public string? ApiKey { get; }

    /// <summary><see cref="ApiKey"/> in UTF-8; empty when there is none.</summary>
    public ReadOnlyMemory<byte> ApiKeyBytes { get; }

    /// <summary>What the API calls the model, as a JSON string with its quotes; empty when it is called as the client calls it.</summary>
    public ReadOnlyMemory<byte> ModelJson { get; }

    /// <summary>Whether the API can be asked for the usage of its streams.</summary>
    public bool StreamUsage { get; }

    /// <summary>As configured; null when it is not.</summary>
    private int? MaxOutputTokens { get; }

    /// <summary>Tokens that an image is taken for.</summary>
    public int ImageTokens { get; }

    /// <summary>What bounds an answer of a chat at this API: OpenAI's reasoning models take the new name only, many others the old one.</summary>
    public string ChatCapField { get; }

    /// <summary>Tokens of an answer when the request does not say.</summary>
    public int DefaultMaxTokens(ApiEndpoint endpoint) => MaxOutputTokens ?? (endpoint == ApiEndpoint.Completions ? DefaultCompletionTokens : DefaultChatTokens);

    /// <summary>Names of the headers of a client's request that it gets.</summary>
    public FrozenSet<string> PassedHeaders { get; }

    /// <summary>Longest silence before the answer is given up.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Whether a request must be changed so that its stream tells the usage, which is taken out of it again.</summary>
    public bool AsksForUsage(Exchange exchange) =>
        StreamUsage && exchange.Endpoint.Task == ModelTask.Generate && exchange.Outgoing.UsageSplice is not null;

    /// <summary>What bounds the answer where a limit applies and the client does not bound it itself; null where nothing is to be changed.</summary>
    public Splice? CapOf(Exchange exchange) =>
        exchange.Size is { HasCap: false } size && exchange.Endpoint.Task == ModelTask.Generate
            ? size.CapSplice(exchange.Endpoint == ApiEndpoint.Completions ? "max_tokens" : ChatCapField, DefaultMaxTokens(exchange.Endpoint))
            : null;

    /// <summary>Where an endpoint is at this API.</summary>
    public Uri UriOf(ApiEndpoint endpoint) => _uris[endpoint.Index];
}
