using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary>Keys for people to read.</summary>
internal static class KeyText
{
    /// <summary>A key that was just made.</summary>
    public static string Made(KeyJson key) => $"key:       {key.Key}   (shown once)\n{Details(key)}";

    public static string Details(KeyJson key)
    {
        var text = new StringBuilder();
        void Line(string name, string? value) => text.Append(value is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{name + ":",-10} {value}\n"));

        Line("id", key.Id);
        Line("tenant", key.Tenant);
        Line("name", key.Name);
        Line("status", key.Status);
        Line("source", key.Source == "file" ? "the configuration file" : null);
        Line("prefix", key.Prefix);
        Line("models", List(key.Scope.Models));
        Line("endpoints", List(key.Scope.Endpoints));
        Line("networks", List(key.Scope.Networks));
        Line("class", key.Scope.DataClass);
        Line("limits", LimitsOf(key.Scope.Limits));
        Line("created", key.CreatedAt is { } created ? $"{Moment.Format(created)} by {key.CreatedBy}" : null);
        Line("rotated", Time(key.RotatedAt));
        Line("grace", key.GraceEndsAt is { } grace ? $"the key before works until {Moment.Format(grace)}" : null);
        Line("expires", Time(key.ExpiresAt));
        Line("revoked", Time(key.RevokedAt));
        return text.ToString().TrimEnd('\n');
    }

    public static string? Time(DateTimeOffset? time) => time is { } value ? Moment.Format(value) : null;

    private static string? LimitsOf(Tenants.Keys.LimitsJson? limits) => limits is null ? null : string.Join(
        ", ", JsonSerializer.SerializeToElement(limits, AdminJson.Options).EnumerateObject().Select(p => $"{p.Name}={p.Value}"));

    private static string? List(IReadOnlyList<string>? values) => values is null ? null : string.Join(", ", values);
}

/// <summary>Writes a list of keys as it comes: a table, or a JSON array with a key a line.</summary>
internal sealed class KeyListWriter
{
    private readonly StoreSession _session;
    private bool _any;

    public KeyListWriter(StoreSession session)
    {
        _session = session;
        session.Output.Write(session.Json ? "[" : Row("ID", "TENANT", "NAME", "PREFIX", "STATUS", "EXPIRES"));
    }

    public void Write(IEnumerable<KeyJson> keys)
    {
        foreach (var key in keys)
        {
            _session.Output.Write(_session.Json
                ? (_any ? ",\n " : "") + JsonSerializer.Serialize(key, AdminJson.Options)
                : Row(key.Id, key.Tenant, key.Name, key.Prefix ?? "(file)", key.Status, KeyText.Time(key.ExpiresAt) ?? "never"));
            _any = true;
        }
    }

    public int End()
    {
        _session.Output.Write(_session.Json ? "]\n" : "");
        return ExitCode.Ok;
    }

    private static string Row(string id, string tenant, string name, string prefix, string status, string expires) =>
        string.Create(CultureInfo.InvariantCulture, $"{id,-20}  {tenant,-16}  {name,-20}  {prefix,-11}  {status,-8}  {expires}").TrimEnd() + "\n";
}
