using System.Reflection;
using Gateway.Admin;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Api;

/// <summary>Refuses a query that an endpoint does not know, or has twice: what it was to narrow would not be narrowed, and nobody would see that.</summary>
internal static class KnownQuery
{
    /// <summary>For <c>AddEndpointFilterFactory</c>. What an endpoint knows are its handler's parameters that are text.</summary>
    public static EndpointFilterDelegate Check(EndpointFilterFactoryContext endpoint, EndpointFilterDelegate next)
    {
        string[] known =
        [
            .. endpoint.MethodInfo.GetParameters().Where(p => p.ParameterType == typeof(string))
                .Select(p => p.GetCustomAttribute<FromQueryAttribute>()?.Name ?? p.Name!),
        ];
        return context =>
        {
            foreach (var (name, values) in context.HttpContext.Request.Query)
            {
                var isKnown = known.Contains(name, StringComparer.OrdinalIgnoreCase);
                if (!isKnown || values.Count > 1)
                {
                    var shown = RequestFields.Shorten(name);
                    return new(new ErrorResult(ApiError.BadRequest(
                        isKnown ? $"Invalid '{shown}': it stands in the query more than once."
                        : $"Unknown query parameter '{shown}'. {(known.Length == 0 ? "There is none here." : $"Those here are {string.Join(", ", known)}.")}",
                        shown,
                        isKnown ? "invalid_value" : "unknown_parameter")));
                }
            }

            return next(context);
        };
    }
}
