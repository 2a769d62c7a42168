using System.Text.Json;

namespace Gateway.Tests.Testing;

/// <summary>An error as OpenAI's clients read it; reading one checks its shape.</summary>
internal sealed record OpenAIError(string Message, string Type, string? Param, string? Code)
{
    /// <summary>What the gateway adds where no deployment may be used: for each the reasons.</summary>
    public IReadOnlyDictionary<string, string[]> Deployments { get; private init; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    public static OpenAIError Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Equal(["error"], document.RootElement.EnumerateObject().Select(p => p.Name));
        var error = document.RootElement.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(p => p.Name).Where(n => n != "deployments"));
        var read = new OpenAIError(
            error.GetProperty("message").GetString()!, error.GetProperty("type").GetString()!, error.GetProperty("param").GetString(), error.GetProperty("code").GetString())
        {
            Deployments = !error.TryGetProperty("deployments", out var deployments) ? new Dictionary<string, string[]>(StringComparer.Ordinal)
                : deployments.EnumerateArray().ToDictionary(
                    d => d.GetProperty("name").GetString()!, d => d.GetProperty("reasons").EnumerateArray().Select(r => r.GetString()!).ToArray(), StringComparer.Ordinal),
        };
        Assert.False(string.IsNullOrWhiteSpace(read.Message));
        Assert.False(string.IsNullOrWhiteSpace(read.Type));
        return read;
    }

    /// <summary>Reads a response, which must have the status, the shape and a request id.</summary>
    public static async Task<OpenAIError> ReadAsync(HttpResponseMessage response, int status)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"Expected {status}, got {(int)response.StatusCode}: {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(response.Headers.GetValues("x-request-id").Single());
        return Parse(body);
    }

    public static OpenAIError Read(RawResponse response, int status)
    {
        response.AssertStatus(status);
        Assert.Equal("application/json", response.Head["Content-Type"]);
        Assert.NotEmpty(response.Head["x-request-id"]!);
        return Parse(response.Text);
    }
}
