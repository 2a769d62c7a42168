using System.ComponentModel;
using Gateway.Configuration;
using Gateway.Configuration.Validators;
using Gateway.Exchanges;

namespace Gateway.Residency;

/// <summary>What operators expect of their policies, as a YAML file of theirs has it.</summary>
internal sealed record PolicyCasesConfig
{
    [Required, Description("The cases.")]
    public IReadOnlyList<PolicyCaseConfig> Cases { get; init; } = [];
}

internal sealed record PolicyCaseConfig
{
    [Description("What it is called in the report. Default: what it is about.")]
    public string? Name { get; init; }

    [Required, Description("Name of the tenant.")]
    public string Tenant { get; init; } = "";

    [Required, Description("Name of the model.")]
    public string Model { get; init; } = "";

    [Description("Class of data. Default: the lowest.")]
    public string? Class { get; init; }

    [Description("When the request comes. Default: now.")]
    public DateTimeOffset? At { get; init; }

    [Description("The deployments that are permitted, and no others; [] where the request is to be refused.")]
    public IReadOnlyList<string>? Expect { get; init; }

    [Description("For a deployment that is not permitted, reasons that must be among those why.")]
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Reasons { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
}

/// <summary>How a case came out.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Passed">Whether it is as expected.</param>
/// <param name="Problem">What is not.</param>
internal sealed record PolicyCaseResult(string Name, bool Passed, string? Problem);

internal static class PolicyCases
{
    /// <summary>Reads a file of cases; its errors come with their line.</summary>
    public static (PolicyCasesConfig? Cases, IReadOnlyList<string> Errors) Load(string path, ResidencyModel residency)
    {
        var content = ConfigFile.Read(path, ConfigParser.LargestFile);
        if (content.Bytes is null)
        {
            return (null, [$"{path}: the file {content.Error}"]);
        }

        if (ConfigParser.Parse(content.Bytes, out var syntax) is not { } root)
        {
            return (null, [syntax is var (position, message) ? $"{path}:{position.Line}:{position.Column}: {message}" : $"{path}: the file is empty; write `cases`"]);
        }

        var document = new ConfigDocument(path, root);
        var report = new ConfigReport(document);
        var cases = new ConfigBinder(report, new SecretReader(document.Folder, _ => null)).Bind<PolicyCasesConfig>(root);
        for (var i = 0; i < cases.Cases.Count; i++)
        {
            Check(cases.Cases[i], $"cases[{i}]", residency, report);
        }

        return report.Errors.Count == 0 ? (cases, []) : (null, [.. report.Errors.Select(e => e.ToString())]);
    }

    public static IReadOnlyList<PolicyCaseResult> Run(PolicyCasesConfig cases, ResidencyModel residency, DateTimeOffset now) =>
        [.. cases.Cases.Select(c => Run(c, residency, c.At ?? now))];

    private static PolicyCaseResult Run(PolicyCaseConfig test, ResidencyModel residency, DateTimeOffset now)
    {
        var dataClass = test.Class is null ? residency.Classes.Lowest : residency.Classes.Find(test.Class)!;
        var verdicts = residency.JudgeModel(residency.PolicyOf(test.Tenant), Handling.AsItCame(dataClass), test.Model, now);
        var problems = new List<string>();
        var permitted = verdicts.Where(v => v.IsPermitted).Select(v => v.Deployment).ToList();
        if (!permitted.ToHashSet(StringComparer.Ordinal).SetEquals(test.Expect!))
        {
            problems.Add($"expected {List(test.Expect!)}, permitted {(permitted.Count > 0 ? "are" : "is")} {List(permitted)} ({string.Join("; ", verdicts.Select(v => v.Summary))})");
        }

        foreach (var (deployment, reasons) in test.Reasons)
        {
            var found = verdicts.First(v => v.Deployment == deployment).Reasons;
            if (reasons.Except(found, StringComparer.Ordinal).ToList() is { Count: > 0 } missing)
            {
                problems.Add($"{deployment}: expected the reason {string.Join(", ", missing)}; the reasons are {List(found)}");
            }
        }

        return new(test.Name ?? $"{test.Tenant}, {dataClass.Name}, {test.Model}{(test.At is { } at ? $", {Moment.Format(at)}" : "")}", problems.Count == 0, problems.Count == 0 ? null : string.Join(". ", problems));
    }

    private static string List(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);

    private static void Check(PolicyCaseConfig test, string key, ResidencyModel residency, ConfigReport report)
    {
        if (test.Tenant.Length > 0 && !residency.HasTenant(test.Tenant))
        {
            report.Error($"{key}.tenant", $"there is no tenant {ConfigText.Quote(test.Tenant)} in the configuration");
        }

        if (test.Class is not null && residency.Classes.Find(test.Class) is null)
        {
            report.Error($"{key}.class", $"there is no class {ConfigText.Quote(test.Class)}; the classes are {string.Join<DataClass>(", ", residency.Classes.All)}");
        }

        if (test.Expect is null)
        {
            report.Error($"{key}.expect", "is missing; write the deployments that are permitted, or [] where the request is to be refused");
        }

        if (test.Model.Length == 0)
        {
            return;
        }

        if (residency.DeploymentsOf(test.Model) is not { } deployments)
        {
            report.Error($"{key}.model", $"there is no model {ConfigText.Quote(test.Model)} in the configuration");
            return;
        }

        var names = new NamedReferences("deployment", $"model {test.Model}", [.. deployments.Select(d => d.Name)], report);
        names.Check(test.Expect ?? [], i => $"{key}.expect[{i}]");
        foreach (var (deployment, reasons) in test.Reasons)
        {
            names.Check([deployment], _ => $"{key}.reasons.{ConfigText.Clean(deployment)}");
            new NamedReferences("reason", "the list of reasons", ReasonWords.All, report).Check(reasons, i => $"{key}.reasons.{ConfigText.Clean(deployment)}[{i}]");
        }
    }
}
