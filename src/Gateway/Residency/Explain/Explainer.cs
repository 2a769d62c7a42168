using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Exchanges;
using Gateway.Privacy;

namespace Gateway.Residency;

/// <summary>Says where a request would go and why. By the same rules as requests go; nothing is sent.</summary>
internal static class Explainer
{
    /// <param name="residency">The configuration.</param>
    /// <param name="privacy">What is looked for in requests.</param>
    /// <param name="tenant">A tenant that there is.</param>
    /// <param name="model">A model that there is.</param>
    /// <param name="floor">The class of the request, before it is searched for personal data.</param>
    /// <param name="why">What made it of this class.</param>
    /// <param name="now">When it would come.</param>
    /// <param name="body">The request's body.</param>
    public static ExplanationJson Explain(
        ResidencyModel residency, PrivacyModel privacy, string tenant, string model, DataClass floor, IReadOnlyList<string> why, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        var policy = residency.PolicyOf(tenant);
        var screening = ExplainedScreening.Of(privacy, tenant, policy, floor, body);
        var (handling, dataClass) = (screening.Handling, screening.Handling.DataClass);
        why = [.. why, .. screening.Why];
        var verdicts = residency.JudgeModel(policy, handling, model, now);
        var field = ExplainedField.Of(body, policy.RuleOf(handling.Elsewhere).DeniedFields);
        field = screening.Refusal is null ? field : new(screening.Refusal, "400 personal_data_refused", StopsLocal: true);
        var weights = residency.DeploymentsOf(model)!.ToDictionary(d => d.Name, d => d.Weight, StringComparer.Ordinal);
        bool Permits(Verdict verdict) => verdict.IsPermitted && !field.Stops(verdict.Placement);
        var total = verdicts.Where(Permits).Sum(v => weights[v.Deployment]);
        var deployments = verdicts.Select(v => new ExplainedDeploymentJson(
            v.Deployment,
            Permits(v),
            Permits(v) ? Math.Round(100d * weights[v.Deployment] / total, 1) : 0,
            field.Stops(v.Placement) ? [.. v.Reasons, field.Rule!.Reason!] : v.Reasons,
            [
                .. ResidencyJudge.Judge(policy.RuleOf(handling.ClassFor(v.Placement)), v.Placement, now, handling.State).Select(f => new ExplainedRuleJson(f.Rule, f.Code is null, f.Code is { } code ? ReasonWords.Of(code) : null, f.Text)),
                .. field.Stops(v.Placement) ? [field.Rule!] : Array.Empty<ExplainedRuleJson>(),
            ],
            PlacementJson.Of(v.Placement))).ToList();
        var explanation = new ExplanationJson(
            tenant, model, dataClass.Name, why, policy.Name, policy.Hash, DecisionTable.IdOf(model, policy, handling, verdicts), deployments.Exists(d => d.Permitted), deployments, Text: "");
        var refusal = !verdicts.Any(v => v.IsPermitted) || field.Rule is null ? "403 residency_denied" : field.Refusal;
        return explanation with { Text = ToText(explanation, refusal, policy.Caps) };
    }

    /// <summary>The model that a request names; null when it names none, or by what is no text.</summary>
    public static string? ModelOf(JsonElement body)
    {
        try
        {
            return body.ValueKind == JsonValueKind.Object && body.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.String ? model.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>Why a request is of its class.</summary>
    /// <param name="floor">Least class of the key.</param>
    /// <param name="keyed">Whether there is a key.</param>
    /// <param name="asked">What the client says; null when nothing.</param>
    public static IReadOnlyList<string> WhyOf(DataClass floor, bool keyed, DataClass? asked) =>
    [
        keyed ? $"the key's requests are `{floor.Name}` at least" : $"`{floor.Name}` is the lowest class",
        .. asked is null ? [] : new[] { $"the client asks for `{asked.Name}`" },
    ];

    private static string ToText(ExplanationJson e, string refusal, IReadOnlyList<CapModel> caps)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line($"A request of the tenant {e.Tenant} for the model {e.Model} is of the class {e.DataClass}: {string.Join("; ", e.Why)}.");
        Line($"{(e.Policy is null ? "The tenant has no policy, so only local deployments may answer" : $"The policy is {e.Policy}")} (version {e.PolicyHash}, decision {e.Decision}).");
        foreach (var deployment in e.Deployments)
        {
            Line($"");
            Line($"{deployment.Name}: {(deployment.Permitted ? "permitted" : "not permitted")}");
            foreach (var rule in deployment.Rules)
            {
                Line($"  {(rule.Permits ? "yes" : "NO ")}  {rule.Rule}: {rule.Text}{(rule.Reason is null ? "" : $" ({rule.Reason})")}");
            }
        }

        Line($"");
        Line($"{(e.Permitted ? $"It would go to {string.Join(" or ", e.Deployments.Where(d => d.Permitted).Select(d => Share(d)))}." : $"It would be refused: {refusal}.")}");
        if (caps.Count > 0)
        {
            Line($"How much of this month's share is used was not looked at: {string.Join(", ", caps.Select(c => $"{c.Name} at most {c.Percent}%"))}.");
        }

        return text.ToString().TrimEnd('\n');
    }

    private static string Share(ExplainedDeploymentJson deployment) => string.Create(CultureInfo.InvariantCulture, $"{deployment.Name} ({deployment.Share}%)");
}
