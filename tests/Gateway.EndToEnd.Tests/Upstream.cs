using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd.Tests;

/// <summary>An API that answers nine of ten requests at once, and the tenth never.</summary>
internal sealed class Upstream : IDisposable
{
    private static readonly byte[] Answer =
        """{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}"""u8.ToArray();

    private readonly HttpListener _listener = new();
    private readonly bool _answersAll;
    private int _requests;

    /// <param name="answersAll">Whether it answers the tenth too.</param>
    public Upstream(bool answersAll = false)
    {
        _answersAll = answersAll;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            BaseUrl = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/v1";
        }

        _listener.Prefixes.Add(BaseUrl + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string BaseUrl { get; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                if (_answersAll || Interlocked.Increment(ref _requests) % 10 != 0)
                {
                    _ = AnswerAsync(context);
                }
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Answer);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The gateway was killed.
        }
    }
}
