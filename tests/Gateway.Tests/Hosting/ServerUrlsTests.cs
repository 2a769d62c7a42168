using Gateway.Configuration;
using Gateway.Hosting;
using Microsoft.Extensions.Configuration;

namespace Gateway.Tests.Hosting;

public sealed class ServerUrlsTests
{
    private static readonly ListenConfig Listen = new() { Api = "127.0.0.1:1000", Admin = "127.0.0.1:1001" };

    [Theory]
    [InlineData("http://127.0.0.1:1000")]
    [InlineData("http://*:3000", "HTTP_PORTS=3000")]
    [InlineData("http://*:3000 http://*:3001", "HTTP_PORTS=3000;3001")]
    [InlineData("http://127.0.0.1:2000", "HTTP_PORTS=3000", "PORT=2000")]
    [InlineData("http://*:2000", "HTTP_PORTS=3000", "PORT=2000", "DOTNET_RUNNING_IN_CONTAINER=true")]
    [InlineData("http://127.0.0.2:4000", "HTTP_PORTS=3000", "PORT=2000", "urls=http://127.0.0.2:4000")]
    [InlineData("http://127.0.0.2:4000 https://127.0.0.2:4001", "urls=http://127.0.0.2:4000; https://127.0.0.2:4001;")]
    [InlineData("http://127.0.0.1:1000", "HTTP_PORTS=", "PORT=", "urls=")]
    public void The_api_listens_where_the_strongest_setting_says(string expected, params string[] settings)
    {
        var urls = ServerUrls.Resolve(Settings(settings), Listen);

        Assert.Equal([.. expected.Split(' '), "http://127.0.0.1:1001"], urls);
    }

    [Fact]
    public void Administration_listens_where_its_variable_says() =>
        Assert.Equal(["http://127.0.0.1:1000", "http://[::1]:9"], ServerUrls.Resolve(Settings("GATEWAY_ADMIN_URL=http://[::1]:9"), Listen));

    [Fact]
    public void Both_may_take_any_free_port() =>
        Assert.Equal(2, ServerUrls.Resolve(Settings("urls=http://127.0.0.1:0", "GATEWAY_ADMIN_URL=http://127.0.0.1:0"), Listen).Count);

    [Theory]
    [InlineData("PORT=1001")]
    [InlineData("HTTP_PORTS=1001")]
    [InlineData("urls=http://0.0.0.0:1001")]
    [InlineData("urls=http://127.0.0.1:5;http://127.0.0.1:1001")]
    public void The_api_on_the_port_of_administration_is_refused(string setting) =>
        Assert.Contains("GATEWAY_ADMIN_URL", Assert.Throws<StartupException>(() => ServerUrls.Resolve(Settings(setting), Listen)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("PORT=abc")]
    [InlineData("PORT=80 80")]
    [InlineData("PORT=99999")]
    [InlineData("PORT=-1")]
    [InlineData("HTTP_PORTS=8080,8081")]
    [InlineData("urls=8080")]
    [InlineData("urls=http://gateway.example.com:8080")]
    [InlineData("urls=127.0.0.1:8080")]
    [InlineData("urls=http://127.0.0.1:99999")]
    [InlineData("GATEWAY_ADMIN_URL=8081")]
    [InlineData("GATEWAY_ADMIN_URL=")]
    public void What_is_no_address_is_refused_and_not_guessed(string setting) =>
        Assert.Contains("http://ADDRESS:PORT", Assert.Throws<StartupException>(() => ServerUrls.Resolve(Settings(setting), Listen)).Message, StringComparison.Ordinal);

    private static IConfiguration Settings(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create(s[0], (string?)s[1]))).Build();
}
