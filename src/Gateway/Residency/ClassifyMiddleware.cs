using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Tenants;

namespace Gateway.Residency;

/// <summary>
/// How sensitive a request is: what its key says at least, raised by the client's header. Stands twice in the pipeline, so that what would be an
/// exchange is recorded as a refused one; endpoints that are none have the header judged all the same.
/// </summary>
internal sealed class ClassifyMiddleware(RequestDelegate next)
{
    /// <summary>The header by which a client says the class of its request.</summary>
    public const string Header = "x-data-class";

    public Task InvokeAsync(HttpContext context)
    {
        var exchange = context.Features.Get<Exchange>();
        var caller = exchange?.Caller ?? (context.GetEndpoint()?.Metadata.GetMetadata<ScopedAttribute>() is null ? null : context.Features.Get<Caller>());
        if (caller is null || !context.Request.Headers.TryGetValue(Header, out var values))
        {
            return next(context);
        }

        var (dataClass, error) = Read(values, caller);
        if (error is null)
        {
            exchange?.Raise(dataClass!);
            return next(context);
        }

        return exchange is null ? ErrorResponse.WriteAsync(context, error) : exchange.RefuseAsync(context, error);
    }

    private static (DataClass? DataClass, ApiError? Error) Read(Microsoft.Extensions.Primitives.StringValues values, Caller caller)
    {
        var classes = caller.Gateway.Residency.Classes;
        if (values is not [{ } name] || name.Contains(',', StringComparison.Ordinal))
        {
            return (null, ApiError.DataClassHeader("stands in the request more than once; send it once, with one class", "duplicate_header"));
        }

        if (classes.Find(name) is not { } dataClass)
        {
            return (null, ApiError.DataClassHeader($"names no class of data; the classes are {string.Join<DataClass>(", ", classes.All)}", "unknown_data_class"));
        }

        return dataClass.Rank < caller.Floor.Rank
            ? (null, ApiError.DataClassHeader($"asks for `{dataClass.Name}`, which is less than `{caller.Floor.Name}`, the least of this key; a request may raise its class, not lower it", "data_class_below_floor"))
            : (dataClass, null);
    }
}
