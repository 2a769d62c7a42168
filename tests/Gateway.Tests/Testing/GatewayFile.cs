using System.Globalization;
using System.Text;
using Gateway.Tenants;

namespace Gateway.Tests.Testing;

/// <summary>Writes a <c>gateway.yaml</c>.</summary>
internal sealed class GatewayFile
{
    private readonly StringBuilder _models = new();
    private readonly StringBuilder _deployments = new();
    private readonly List<string> _tenants = [];
    private readonly StringBuilder _admins = new();
    private readonly StringBuilder _more = new();
    private readonly Dictionary<string, string> _secrets = new(StringComparer.Ordinal);

    private string? _policies;
    private string? _text;

    public int BodyBytes { get; init; } = 1_000_000;

    /// <param name="name">Public name.</param>
    /// <param name="deployments">What answers: names, each with its weight where one is given (<c>a*9</c>).</param>
    /// <param name="more">Other keys of the model, such as <c>timeout: 1s</c>.</param>
    public GatewayFile Model(string name, string deployments, string more = "")
    {
        var list = deployments.Split(' ').Select(d => d.Split('*')).Select(d => $"{{ name: {d[0]}, weight: {(d.Length > 1 ? d[1] : "1")} }}");
        _models.AppendLine(CultureInfo.InvariantCulture, $"  - {{ name: \"{name}\", deployments: [{string.Join(", ", list)}]{(more.Length > 0 ? ", " + more : "")} }}");
        return this;
    }

    public GatewayFile Deployment(string name, string baseUrl, string? key = TestKeys.Upstream, string? model = null, string more = "")
    {
        more = more.Length > 0 ? ", " + more : "";
        more += model is null ? "" : $", model: '{model.Replace("'", "''", StringComparison.Ordinal)}'";
        if (key is not null)
        {
            _secrets[$"{name}.key"] = key;
            more += $", api_key: \"file:{name}.key\"";
        }

        _deployments.AppendLine(CultureInfo.InvariantCulture, $"  - {{ name: {name}, kind: openai-compatible, base_url: \"{baseUrl}\"{more} }}");
        return this;
    }

    /// <param name="name">Name of the deployment.</param>
    /// <param name="path">The GGUF file.</param>
    /// <param name="more">Other keys, such as <c>load: first_use</c>.</param>
    public GatewayFile Local(string name, string path, string more = "")
    {
        _deployments.AppendLine(CultureInfo.InvariantCulture, $"  - {{ name: {name}, kind: local, path: \"{path}\"{(more.Length > 0 ? ", " + more : "")} }}");
        return this;
    }

    public GatewayFile Tenant(string name, string key, params string[] models)
    {
        var names = string.Join(", ", models.Select(m => $"\"{m}\""));
        return TenantOf($"name: {name}, models: [{names}], keys: [{{ name: first, sha256: {KeyHash.Of(key)} }}]");
    }

    /// <summary>Adds a tenant. Without a policy of its own it has <c>open</c>, unless the file has <see cref="Policies"/>.</summary>
    /// <param name="keys">What stands between its braces.</param>
    public GatewayFile TenantOf(string keys)
    {
        _tenants.Add(keys);
        return this;
    }

    /// <param name="name">Name of the tenant.</param>
    /// <param name="models">As YAML: <c>[plain]</c>.</param>
    /// <param name="keys">Secret of each key, and its other YAML: <c>networks: [10.0.0.0/8]</c>.</param>
    public GatewayFile ScopedTenant(string name, string models, params (string Key, string Scope)[] keys)
    {
        var list = keys.Select((k, i) => $"{{ name: k{i}, sha256: {KeyHash.Of(k.Key)}{(k.Scope.Length > 0 ? ", " + k.Scope : "")} }}");
        return TenantOf($"name: {name}, models: {models}, keys: [{string.Join(", ", list)}]");
    }

    /// <param name="name">Name of the tenant.</param>
    /// <param name="key">Its key, of the name <c>first</c>.</param>
    /// <param name="more">Other keys of the tenant, such as <c>limits: { concurrent: 1 }</c>.</param>
    /// <param name="models">Names of models.</param>
    public GatewayFile LimitedTenant(string name, string key, string more, params string[] models) =>
        TenantOf($"name: {name}, models: [{string.Join(", ", models)}], keys: [{{ name: first, sha256: {KeyHash.Of(key)} }}]{(more.Length > 0 ? ", " + more : "")}");

    public GatewayFile PolicyTenant(string name, string models, string policy) => TenantOf($"name: {name}, models: {models}, key_policy: {{ {policy} }}");

    /// <summary>Adds the policies of the file, a line each; a tenant has the one that it names, or none.</summary>
    public GatewayFile Policies(params string[] policies)
    {
        _policies = string.Concat(policies.Select(p => $"  - {{ {p} }}\n"));
        return this;
    }

    public GatewayFile Admin(string name, string role, string key, string? tenant = null)
    {
        _admins.AppendLine(CultureInfo.InvariantCulture, $"  - {{ name: {name}, role: {role}, sha256: {KeyHash.Of(key)}{(tenant is null ? "" : $", tenant: {tenant}")} }}");
        return this;
    }

    /// <summary>Lets keys and the ledger stand in PostgreSQL.</summary>
    public GatewayFile Store(string? connectionString)
    {
        if (connectionString is not null)
        {
            _secrets["postgresql"] = connectionString;
            More("store: { postgresql: \"file:postgresql\" }");
        }

        return this;
    }

    /// <summary>A file of this text.</summary>
    public static GatewayFile Of(string text) => new() { _text = text };

    /// <summary>Adds whole keys of the file.</summary>
    public GatewayFile More(string yaml)
    {
        _more.AppendLine(yaml);
        return this;
    }

    /// <summary>Writes the file and those of its secrets into a folder; the path of the file.</summary>
    public string Save(string folder)
    {
        foreach (var (name, value) in _secrets)
        {
            File.WriteAllText(Path.Combine(folder, name), value);
        }

        var path = Path.Combine(folder, "gateway.yaml");
        if (_text is not null)
        {
            File.WriteAllText(path, _text);
            return path;
        }

        // What is not about residency goes anywhere.
        var policies = _policies ?? "  - { name: open, classes: { public: { anywhere: true }, internal: { anywhere: true }, personal: { anywhere: true }, restricted: { anywhere: true } } }\n";
        var tenants = string.Concat(_tenants.Select(t => $"  - {{ {t}{(_policies is null ? ", policy: open" : "")} }}\n"));
        File.WriteAllText(path, $"limits: {{ body_bytes: {BodyBytes} }}\nmodels:\n{_models}deployments:\n{_deployments}{(policies.Length > 0 ? "policies:\n" : "")}{policies}tenants:\n{tenants}{(_admins.Length > 0 ? "admins:\n" : "")}{_admins}{_more}");
        return path;
    }
}

internal static class TestKeys
{
    public const string Acme = "gw_acme-5c1f0a9d7e3b";
    public const string Other = "gw_other-20b9d8e1f4a6";
    public const string Admin = "gw_admin-9e0b7a61d2c4";
    public const string Upstream = "sk-upstream-8d2e61f7c0b94a53";
}
