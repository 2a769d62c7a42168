using Microsoft.AspNetCore.Hosting.Server;

namespace Gateway.Hosting;

/// <summary>Keeps the listeners apart: what is marked with <see cref="AdminAttribute"/> is found on administration's port only, the API on the others.</summary>
internal sealed class ListenerMiddleware(RequestDelegate next, IServer server, IHostApplicationLifetime lifetime)
{
    private int? _adminPort;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is { } endpoint
            && endpoint.Metadata.GetMetadata<BothListenersAttribute>() is null
            && IsAdmin(context, endpoint) != IsAdminPort(context.Connection.LocalPort))
        {
            context.SetEndpoint(null);
        }

        return next(context);
    }

    // What routing makes to answer with a 405 has no metadata.
    private static bool IsAdmin(HttpContext context, Endpoint endpoint) =>
        endpoint is RouteEndpoint ? endpoint.Metadata.GetMetadata<AdminAttribute>() is not null : context.Request.Path.StartsWithSegments("/admin", StringComparison.Ordinal);

    // Until all addresses are bound the last one is not yet known; nobody administers a gateway in that moment.
    private bool IsAdminPort(int port)
    {
        if (_adminPort is null && lifetime.ApplicationStarted.IsCancellationRequested)
        {
            _adminPort = ServerUrls.AdminPort(server);
        }

        return port == _adminPort;
    }
}

/// <summary>Metadata of an endpoint of administration.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AdminAttribute : Attribute;

/// <summary>Metadata of an endpoint that both listeners answer.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BothListenersAttribute : Attribute;
