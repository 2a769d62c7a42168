using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Xml;
using Gateway.Residency;

namespace Gateway.Cli;

/// <summary><c>gateway policy test</c>: an operator's own expectations of their policies, for their CI.</summary>
internal static class PolicyCommand
{
    public static Command Create() => new("policy", "Residency policies.") { CreateTest() };

    private static Command CreateTest()
    {
        var file = ModelsCommand.FileArgument("CASES.yaml", "The cases.");
        var junit = new Option<string?>("--junit") { Description = "Write the results as JUnit's XML to this file too.", HelpName = "FILE" };
        return new Command("test", "Checks expectations of where requests may go. Exit code 1 when one fails.") { file, junit }.OnConfig((parse, config, console) =>
        {
            var residency = new ResidencyModel(config);
            var (cases, errors) = PolicyCases.Load(parse.GetValue(file)!, residency);
            if (cases is null)
            {
                console.Error.WriteLine(string.Join('\n', errors));
                return ExitCode.Failed;
            }

            var results = PolicyCases.Run(cases, residency, TimeProvider.System.GetUtcNow());
            if (parse.GetValue(junit) is { } path && WriteJUnit(path, results) is { } problem)
            {
                console.Error.WriteLine(problem);
                return ExitCode.Failed;
            }

            console.Write(results, ToText);
            return results.All(r => r.Passed) ? ExitCode.Ok : ExitCode.Failed;
        });
    }

    private static string ToText(IReadOnlyList<PolicyCaseResult> results)
    {
        var text = new StringBuilder();
        foreach (var result in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(result.Passed ? "ok    " : "FAILED")}  {result.Name}{(result.Problem is null ? "" : ": " + result.Problem)}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{results.Count} cases, {results.Count(r => !r.Passed)} failed").ToString();
    }

    // As https://github.com/testmoapp/junitxml describes it.
    private static string? WriteJUnit(string path, IReadOnlyList<PolicyCaseResult> results)
    {
        try
        {
            using var writer = XmlWriter.Create(path, new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(false) });
            writer.WriteStartElement("testsuites");
            writer.WriteStartElement("testsuite");
            writer.WriteAttributeString("name", "gateway policy test");
            writer.WriteAttributeString("tests", results.Count.ToString(CultureInfo.InvariantCulture));
            writer.WriteAttributeString("failures", results.Count(r => !r.Passed).ToString(CultureInfo.InvariantCulture));
            foreach (var result in results)
            {
                writer.WriteStartElement("testcase");
                writer.WriteAttributeString("classname", "policy");
                writer.WriteAttributeString("name", result.Name);
                if (result.Problem is { } problem)
                {
                    writer.WriteStartElement("failure");
                    writer.WriteAttributeString("message", problem);
                    writer.WriteEndElement();
                }

                writer.WriteEndElement();
            }

            writer.WriteEndElement();
            writer.WriteEndElement();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"The file {Configuration.ConfigText.Quote(path)} cannot be written.";
        }
    }
}
