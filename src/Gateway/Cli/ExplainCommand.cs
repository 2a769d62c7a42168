using System.CommandLine;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Privacy;
using Gateway.Residency;

namespace Gateway.Cli;

/// <summary><c>gateway explain</c>: says where a request would go by a configuration, and why. No gateway needs to run.</summary>
internal static class ExplainCommand
{
    private const int LargestRequest = 100_000_000;

    public static Command Create()
    {
        var file = ModelsCommand.FileArgument("REQUEST.json", "The request's body, as a client would send it; its model, its fields and personal data in it count.");
        var tenant = new Option<string>("--tenant") { Description = "Name of the tenant.", HelpName = "NAME", Required = true };
        var dataClass = new Option<string?>("--class") { Description = "Class of data that the request is of. Default: the lowest.", HelpName = "CLASS" };
        var at = new Option<string?>("--at") { Description = $"When it would come: {Moment.InWords}. Default: now.", HelpName = "TIME" };
        return new Command("explain", "Says where a request would go, and by which rules; nothing is sent.") { file, tenant, dataClass, at }.OnConfig((parse, config, console) =>
        {
            var residency = new ResidencyModel(config);
            var (now, error) = TimeOf(parse.GetValue(at));
            var name = parse.GetValue(tenant)!;
            var chosen = parse.GetValue(dataClass) is { } asked ? residency.Classes.Find(asked) : residency.Classes.Lowest;
            var content = ConfigFile.Read(parse.GetValue(file)!, LargestRequest);
            var model = content.Bytes is null ? null : ModelOf(content.Bytes);
            error ??= !residency.HasTenant(name) ? $"There is no tenant {ConfigText.Quote(name)} in the configuration."
                : chosen is null ? $"There is no class {ConfigText.Quote(parse.GetValue(dataClass)!)}; the classes are {string.Join<Exchanges.DataClass>(", ", residency.Classes.All)}."
                : content.Bytes is null ? $"The file {ConfigText.Quote(parse.GetValue(file)!)} {content.Error}."
                : model is null ? "The request is no JSON object with a `model`."
                : residency.DeploymentsOf(model) is null ? $"There is no model {ConfigText.Quote(model)} in the configuration."
                : null;
            if (error is not null)
            {
                console.Error.WriteLine(error);
                return ExitCode.Failed;
            }

            var why = Explainer.WhyOf(residency.Classes.Lowest, keyed: false, parse.GetValue(dataClass) is null ? null : chosen);
            console.Write(Explainer.Explain(residency, new PrivacyModel(config, residency.Classes), name, model!, chosen!, why, now, content.Bytes), e => e.Text);
            return ExitCode.Ok;
        });
    }

    private static (DateTimeOffset Now, string? Error) TimeOf(string? text) =>
        text is null ? (TimeProvider.System.GetUtcNow(), null)
        : Moment.TryParse(text, out var time) ? (time, null)
        : (default, $"--at must be {Moment.InWords}.");

    private static string? ModelOf(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Explainer.ModelOf(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
