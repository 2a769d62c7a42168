using System.Diagnostics.Metrics;
using Gateway.Telemetry.Prometheus;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

// Not the folder's: the build that takes prometheus-net instead offers the same two methods under the same name.
namespace Gateway.Telemetry;

/// <summary><c>GET /metrics</c> for Prometheus.</summary>
internal static class MetricsEndpoint
{
    // A few thousand series come to some hundred kilobytes; the client gets them in pieces.
    private const int FlushBytes = 32 * 1024;

    /// <summary>Adds the collector of the instruments of the meters with exactly these names.</summary>
    public static IServiceCollection AddGatewayMetrics(this IServiceCollection services, params string[] meters) =>
        services.AddSingleton(provider => new MetricsCollector(
            meters,
            provider.GetService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<MetricsCollector>>()));

    /// <summary>
    /// Maps <c>GET /metrics</c>: Prometheus' text format, or OpenMetrics for a client that says it prefers that. Makes the collector, so that
    /// measurements count from here on.
    /// </summary>
    public static IEndpointConventionBuilder MapGatewayMetrics(this IEndpointRouteBuilder endpoints)
    {
        var collector = endpoints.ServiceProvider.GetRequiredService<MetricsCollector>();
        return endpoints.MapGet("/metrics", (RequestDelegate)(context => WriteAsync(context, collector)));
    }

    private static async Task WriteAsync(HttpContext context, MetricsCollector collector)
    {
        var response = context.Response;
        var openMetrics = WantsOpenMetrics(context.Request.Headers.Accept);
        response.ContentType = openMetrics ? PrometheusTextWriter.OpenMetricsContentType : PrometheusTextWriter.TextContentType;
        response.Headers.Vary = HeaderNames.Accept;

        var writer = new PrometheusTextWriter(response.BodyWriter, openMetrics);
        var flushed = 0L;
        foreach (var metric in collector.Collect())
        {
            writer.Write(metric);
            if (writer.BytesWritten - flushed >= FlushBytes)
            {
                flushed = writer.BytesWritten;
                await response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        }

        writer.Complete();
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>
    /// Whether the client names OpenMetrics and likes nothing that we could write better. A wildcard is no wish for it: browsers and curl
    /// send one, and the older format is the one to read.
    /// </summary>
    private static bool WantsOpenMetrics(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var types))
        {
            return false;
        }

        var openMetrics = 0.0;
        var text = 0.0;
        foreach (var type in types)
        {
            var quality = type.Quality ?? 1;
            if (Names(type, "application/openmetrics-text", "1.0.0"))
            {
                openMetrics = Math.Max(openMetrics, quality);
            }
            else if (Names(type, "text/plain", "0.0.4"))
            {
                text = Math.Max(text, quality);
            }
        }

        return openMetrics > 0 && openMetrics >= text;
    }

    /// <summary>A type without a version stands for the one we have.</summary>
    private static bool Names(MediaTypeHeaderValue type, string mediaType, string version)
    {
        if (!type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var asked = type.Parameters.FirstOrDefault(p => p.Name.Equals("version", StringComparison.OrdinalIgnoreCase));
        return asked is null || HeaderUtilities.RemoveQuotes(asked.Value).Equals(version, StringComparison.Ordinal);
    }
}
