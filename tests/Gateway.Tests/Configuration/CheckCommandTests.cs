using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Cli;
using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public sealed class CheckCommandTests : IDisposable
{
    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_valid_file_is_counted_and_exits_0()
    {
        _folder.Write("gateway.yaml", ConfigFolder.Sample);

        Assert.Equal((0, $"{_folder.File}: OK (3 models, 4 deployments, 2 tenants)\n", ""), await RunAsync("check", _folder.File));
    }

    [Fact]
    public async Task Warnings_are_shown_and_do_not_fail()
    {
        _folder.Write("gateway.yaml", ConfigFolder.Minimal.Replace("tenants:\n", "tenants:\n  - { name: idle, models: [m] }\n", StringComparison.Ordinal));

        Assert.Equal(
            (0, $"{_folder.File}: OK (1 model, 1 deployment, 2 tenants)\n", $"{_folder.File}:8:5: tenants[0].keys: warning: the tenant `idle` has no key, so nobody can use it\n"),
            await RunAsync("check", _folder.File));
    }

    [Fact]
    public async Task Errors_come_one_a_line_on_stderr_and_exit_1()
    {
        _folder.Write("gateway.yaml", ConfigFolder.Minimal + "x: 1\ny: 1\n");

        var (code, output, error) = await RunAsync("check", _folder.File);

        var known = $"unknown key; the keys here are {string.Join(", ", typeof(GatewayConfig).GetProperties().Select(p => $"`{JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name)}`"))}";
        Assert.Equal((1, ""), (code, output));
        Assert.Equal($"{_folder.File}:12:1: x: {known}\n{_folder.File}:13:1: y: {known}\n", error);
    }

    [Fact]
    public async Task A_file_that_is_not_there_exits_1() =>
        Assert.Equal((1, "", $"{_folder.File}: the file does not exist\n"), await RunAsync("check", _folder.File));

    [Theory]
    [InlineData("check", "--yaml")]
    [InlineData("check", "a.yaml", "b.yaml")]
    [InlineData("check", "")]
    public async Task A_line_that_is_not_understood_exits_2(params string[] args) => Assert.Equal(2, (await RunAsync(args)).Code);

    [Fact]
    public void Without_a_file_it_is_gateway_yaml_of_the_working_folder()
    {
        var command = CheckCommand.Create();

        Assert.Equal("gateway.yaml", command.Parse([]).GetValue((Argument<string>)command.Arguments[0]));
    }

    [Fact]
    public async Task Json_has_the_same_in_fields()
    {
        _folder.Write("gateway.yaml", ConfigFolder.Minimal.Replace("kind: local", "kind: local\n    queue: x", StringComparison.Ordinal));

        var (code, output, error) = await RunAsync("check", "--json", _folder.File);

        Assert.Equal((1, ""), (code, error));
        var json = JsonNode.Parse(output)!;
        Assert.False((bool)json["success"]!);
        Assert.Empty(json["warnings"]!.AsArray());
        var found = Assert.Single(json["errors"]!.AsArray())!;
        Assert.Equal((6, 5, "deployments[0].queue"), ((int)found["line"]!, (int)found["column"]!, (string)found["key"]!));
        Assert.Equal("expected a whole number in plain decimal digits, such as 8192", (string?)found["message"]);
    }

    [Fact]
    public async Task Nothing_printed_holds_a_secret()
    {
        _folder.Write("gateway.yaml", ConfigFolder.Sample + "x: 1\n");

        foreach (var args in (string[][])[["check", _folder.File], ["check", "--json", _folder.File]])
        {
            var (_, output, error) = await RunAsync(args);
            Assert.NotEmpty(output + error);
            Assert.DoesNotContain(ConfigFolder.EnvironmentSecret, output + error, StringComparison.Ordinal);
            Assert.DoesNotContain(ConfigFolder.FileSecret, output + error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Schema_prints_the_schema() => Assert.Equal((0, ConfigSchema.Create(), ""), await RunAsync("schema"));

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var root = new RootCommand { CheckCommand.Create(_folder.Variable), SchemaCommand.Create() };
        var code = await CommandRunner.RunAsync(root, args, new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }
}
