using System.Globalization;
using System.Text;

namespace Gateway.Tests.Residency;

/// <summary>
/// A small world of policies and deployments, drawn at random, and what is right in it: written down a second time, from the documentation, with none of the
/// gateway's own code.
/// </summary>
internal sealed class World
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly string[] Classes = ["public", "internal", "personal", "restricted"];

    private static readonly string[] Places = ["BR", "US", "DE", "FR", "UY"];
    private static readonly string[] Operators = ["One", "Two", "Three"];

    private static readonly Dictionary<string, string[]> Groups = new(StringComparer.Ordinal)
    {
        ["near"] = ["BR", "UY"],
        ["wide"] = ["near", "US"],
        ["europe"] = ["DE", "FR"],
    };

    public required IReadOnlyList<Facts> Deployments { get; init; }

    public required IReadOnlyList<Rules> Policies { get; init; }

    /// <summary>For each tenant the index of its policy, or -1.</summary>
    public required IReadOnlyList<int> Tenants { get; init; }

    /// <summary>For each model its deployments.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Models { get; init; }

    /// <summary>Facts of a deployment; null is unknown.</summary>
    internal sealed record Facts(bool Local, string[]? Processing, string[]? Storage, string? Operator, string? Home, int? Days, bool? Trains, string? Origin, TimeSpan? ExpiresIn);

    /// <summary>A policy as written: its base, or -1, and for each class what it says, or null.</summary>
    internal sealed record Rules(int Base, Said?[] OfClass);

    internal sealed record Said(
        string[]? Processing, string[]? Storage, string[]? Home, string[]? Origin, string[] DenyProcessing, string[] DenyStorage, string[] DenyHome, string[] DenyOperators,
        int? Days, bool? Trains, bool LocalOnly, bool Anywhere, bool Redact);

    /// <param name="seed">Draws the same world each time.</param>
    /// <param name="deployments">How many deployments; the last is local where <paramref name="withLocal"/>.</param>
    /// <param name="withLocal">Whether there is a local one.</param>
    public static World Draw(int seed, int deployments, bool withLocal)
    {
        var random = new Random(seed);
        var policies = random.Next(1, 4);
        return new World
        {
            Deployments = [.. Enumerable.Range(0, deployments).Select(i => DrawFacts(random, withLocal && i == deployments - 1))],
            Policies = [.. Enumerable.Range(0, policies).Select(i => new Rules(i > 0 && random.Next(2) == 0 ? random.Next(i) : -1, [.. Classes.Select(_ => random.Next(4) == 0 ? null : DrawSaid(random))]))],
            Tenants = [.. Enumerable.Range(0, 3).Select(i => i == 0 ? random.Next(policies) : random.Next(-1, policies))],
            Models = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, deployments).Where(_ => random.Next(3) > 0).DefaultIfEmpty(0).ToList())],
        };
    }

    /// <summary>Whether the file is refused, since a tenant's data may not pass a node in Brazil.</summary>
    public bool IsRefused() => Tenants.Where(p => p >= 0).Any(p => Classes.Select((_, c) => Chain(p).Select(r => r.OfClass[c]).OfType<Said>()).Any(rules => rules.Any(said =>
        (said.Processing is { } processing && !Expand(processing).Contains("BR")) || Expand(said.DenyProcessing).Contains("BR")
        || (said.Storage is { } storage && !Expand(storage).Contains("BR")) || Expand(said.DenyStorage).Contains("BR"))));

    /// <summary>Whether an heir says that it permits what a base does not, which is refused.</summary>
    public bool LiftsABase() => Policies.Select((_, p) => p).Any(p => Classes.Select((_, c) => c).Any(c =>
    {
        var own = Policies[p].OfClass[c];
        return own is not null && Chain(p).Skip(1).Select(r => r.OfClass[c]).OfType<Said>().Any(b =>
            (own.Anywhere && (b.Processing is not null || b.LocalOnly)) || (own.Trains == true && b.Trains == false) || b.Days < own.Days);
    }));

    /// <summary>What is right: whether requests of a tenant and a class may go to a deployment at a time.</summary>
    public bool MayGo(int tenant, int dataClass, int deployment, DateTimeOffset now, bool redacted = false)
    {
        var facts = Deployments[deployment];
        if (Tenants[tenant] < 0)
        {
            return facts.Local;
        }

        var rules = Chain(Tenants[tenant]).Select(r => r.OfClass[dataClass]).OfType<Said>().ToList();
        if (!rules.Any(r => r.Processing is not null || r.LocalOnly || r.Anywhere) && !facts.Local)
        {
            return false;
        }

        var known = facts.ExpiresIn is null || now < Start + facts.ExpiresIn;
        return rules.All(rule => Satisfies(rule, facts, known, redacted));
    }

    public string ToYaml(Func<int, string> baseUrl, Func<int, string> keys)
    {
        var yaml = new StringBuilder("node: { country: BR, operator: Node, operator_country: BR }\ncountry_groups:\n");
        foreach (var (name, members) in Groups)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{ name: {name}, members: {List(members)} }}\n");
        }

        yaml.Append("models:\n");
        for (var i = 0; i < Models.Count; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{ name: m{i}, cooldown: 0s, deployments: {List(Models[i].Select(d => $"d{d}"))} }}\n");
        }

        yaml.Append("deployments:\n");
        for (var i = 0; i < Deployments.Count; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{ name: d{i}, {ToYaml(Deployments[i], baseUrl(i))} }}\n");
        }

        yaml.Append("policies:\n");
        for (var i = 0; i < Policies.Count; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - name: p{i}\n    allow_looser: true\n{(Policies[i].Base < 0 ? "" : $"    base: p{Policies[i].Base}\n")}    classes:\n      {{");
            yaml.AppendJoin(',', Policies[i].OfClass.Select((said, c) => said is null ? null : $"\n        {Classes[c]}: {ToYaml(said)}").OfType<string>());
            yaml.Append(" }\n");
        }

        yaml.Append("tenants:\n");
        for (var i = 0; i < Tenants.Count; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - {{ name: t{i}, models: [\"*\"]{(Tenants[i] < 0 ? "" : $", policy: p{Tenants[i]}")}, keys: [{keys(i)}] }}\n");
        }

        return yaml.ToString();
    }

    private static bool Satisfies(Said rule, Facts facts, bool known, bool redacted)
    {
        bool Within(string[]? allowed, string[]? fact) => allowed is null || (known && fact is not null && fact.All(f => Expand(allowed).Contains(f)));
        bool Outside(string[] denied, string[]? fact) => denied.Length == 0 || (known && fact is not null && !fact.Any(f => Expand(denied).Contains(f)));
        string[]? One(string? fact) => fact is null ? null : [fact];

        return (!rule.LocalOnly || facts.Local)
            && (!rule.Redact || facts.Local || redacted)
            && Within(rule.Processing, facts.Processing) && Outside(rule.DenyProcessing, facts.Processing)
            && Within(rule.Storage, facts.Storage) && Outside(rule.DenyStorage, facts.Storage)
            && Within(rule.Home, One(facts.Home)) && Outside(rule.DenyHome, One(facts.Home))
            && Within(rule.Origin, One(facts.Origin))
            && (rule.DenyOperators.Length == 0 || (known && facts.Operator is not null && !rule.DenyOperators.Contains(facts.Operator)))
            && (rule.Days is null || (known && facts.Days <= rule.Days))
            && (rule.Trains != false || (known && facts.Trains == false));
    }

    private IEnumerable<Rules> Chain(int policy)
    {
        for (var at = policy; at >= 0; at = Policies[at].Base)
        {
            yield return Policies[at];
        }
    }

    private static HashSet<string> Expand(IEnumerable<string> names) => [.. names.SelectMany(n => Groups.TryGetValue(n, out var members) ? Expand(members) : [n])];

    private static Facts DrawFacts(Random random, bool local) => local
        ? new(true, ["BR"], ["BR"], "Node", "BR", 0, false, random.Next(2) == 0 ? null : Pick(random, Places), null)
        : new(
            false,
            Maybe(random, () => Some(random, Places, 2)),
            Maybe(random, () => random.Next(4) == 0 ? [] : Some(random, Places, 2)),
            random.Next(4) == 0 ? null : Pick(random, Operators),
            random.Next(4) == 0 ? null : Pick(random, Places),
            random.Next(4) == 0 ? null : random.Next(4) * 10,
            random.Next(4) switch { 0 => null, 1 => true, _ => false },
            random.Next(2) == 0 ? null : Pick(random, Places),
            random.Next(3) == 0 ? TimeSpan.FromHours(random.Next(-3, 10)) : null);

    private static Said DrawSaid(Random random)
    {
        var where = random.Next(5);
        string[] Lists(int odds) => random.Next(odds) == 0 ? Some(random, ["US", "DE", "FR", "europe"], 2) : [];
        string[]? Allowed(int odds) => random.Next(odds) == 0 ? [.. Some(random, [.. Places, .. Groups.Keys], 3), "BR"] : null;
        return new(
            where < 2 ? [.. Some(random, [.. Places, .. Groups.Keys], 3), "BR"] : null,
            Allowed(5),
            Allowed(5),
            Allowed(8),
            where == 4 ? [] : Lists(6), Lists(8), Lists(6),
            random.Next(6) == 0 ? Some(random, Operators, 2) : [],
            random.Next(5) == 0 ? random.Next(4) * 10 : null,
            random.Next(4) switch { 0 => false, 1 => true, _ => null },
            where == 2 && random.Next(2) == 0,
            where == 3,
            random.Next(15) == 0);
    }

    private static string[]? Maybe(Random random, Func<string[]> draw) => random.Next(5) == 0 ? null : draw();

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    private static string[] Some(Random random, string[] from, int most) => [.. Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => Pick(random, from)).Distinct()];

    private static string List(IEnumerable<string> names) => $"[{string.Join(", ", names)}]";

    private static string ToYaml(Facts facts, string baseUrl)
    {
        if (facts.Local)
        {
            return $"kind: local, path: {baseUrl}" + (facts.Origin is null ? "" : $", placement: {{ weights: {{ origin: {facts.Origin} }} }}");
        }

        var placement = string.Join(", ", new[]
        {
            facts.Processing is null ? null : $"processing: {List(facts.Processing)}",
            facts.Storage is null ? null : $"storage: {List(facts.Storage)}",
            facts.Operator is null ? null : $"operator: {facts.Operator}",
            facts.Home is null ? null : $"operator_country: {facts.Home}",
            facts.Days is null ? null : string.Create(CultureInfo.InvariantCulture, $"retention_days: {facts.Days}"),
            facts.Trains is null ? null : $"trains: {(facts.Trains.Value ? "true" : "false")}",
            facts.Origin is null ? null : $"weights: {{ origin: {facts.Origin} }}",
            facts.ExpiresIn is null ? null : $"expires: {(Start + facts.ExpiresIn.Value).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}",
        }.OfType<string>());
        return $"kind: openai-compatible, base_url: \"{baseUrl}\"{(placement.Length == 0 ? "" : $", placement: {{ {placement} }}")}";
    }

    private static string ToYaml(Said said)
    {
        var keys = string.Join(", ", new[]
        {
            said.Processing is null ? null : $"processing: {List(said.Processing)}",
            said.Storage is null ? null : $"storage: {List(said.Storage)}",
            said.Home is null ? null : $"operator_country: {List(said.Home)}",
            said.Origin is null ? null : $"weights_origin: {List(said.Origin)}",
            said.DenyProcessing.Length == 0 ? null : $"deny_processing: {List(said.DenyProcessing)}",
            said.DenyStorage.Length == 0 ? null : $"deny_storage: {List(said.DenyStorage)}",
            said.DenyHome.Length == 0 ? null : $"deny_operator_country: {List(said.DenyHome)}",
            said.DenyOperators.Length == 0 ? null : $"deny_operators: {List(said.DenyOperators)}",
            said.Days is null ? null : string.Create(CultureInfo.InvariantCulture, $"retention_days: {said.Days}"),
            said.Trains is null ? null : $"trains: {(said.Trains.Value ? "true" : "false")}",
            said.LocalOnly ? "local_only: true" : null,
            said.Anywhere ? "anywhere: true" : null,
            said.Redact ? "redact: required" : null,
        }.OfType<string>());
        return keys.Length == 0 ? "{ log: true }" : $"{{ {keys} }}";
    }
}
