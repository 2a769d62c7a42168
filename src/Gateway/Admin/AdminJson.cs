using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Gateway.Api;

namespace Gateway.Admin;

/// <summary>How the admin API reads and writes JSON.</summary>
internal static class AdminJson
{
    private const int LargestBody = 64 * 1024;

    /// <summary>Snake case; a field that is not known is an error, for what it was to do would not be done.</summary>
    public static readonly JsonSerializerOptions Options = Configure(new JsonSerializerOptions());

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.TypeInfoResolverChain.Add(new DefaultJsonTypeInfoResolver());
        return options;
    }

    /// <summary>Reads a request's body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="whenEmpty">What no body stands for; null where there must be one.</param>
    /// <param name="largest">Most bytes.</param>
    public static async Task<(T? Body, ApiError? Error)> ReadAsync<T>(HttpRequest request, T? whenEmpty = null, long largest = LargestBody)
        where T : class
    {
        using var body = new MemoryStream();
        var buffer = new byte[4096];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0)
        {
            await body.WriteAsync(buffer.AsMemory(0, read));
            if (body.Length > largest)
            {
                request.HttpContext.Response.Headers.Connection = "close";
                return (null, ApiError.BodyTooLarge(largest));
            }
        }

        if (body.Length == 0)
        {
            return (whenEmpty, whenEmpty is null ? ApiError.BadRequest("The request has no body; send a JSON object.", code: "invalid_json") : null);
        }

        try
        {
            return JsonSerializer.Deserialize<T>(body.ToArray(), Options) is { } value
                ? (value, null)
                : (null, ApiError.BadRequest("The request body is `null`; send a JSON object.", code: "invalid_json"));
        }
        catch (JsonException e)
        {
            // Its message may quote the body.
            var at = e.Path is { Length: > 2 } path ? RequestFields.Shorten(path[2..]) : null;
            return (null, at is null
                ? ApiError.BadRequest("The request body is no JSON object of the fields that /admin/v1/openapi.json describes: one is missing, stands there twice or is not known.", code: "invalid_json")
                : ApiError.BadRequest($"Invalid '{at}': it is not known, or of another type than it should be.", at, "invalid_value"));
        }
    }
}
