using System.Text;
using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public sealed class ConfigBinderTests : IDisposable
{
    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    // Keys
    [InlineData("kind: local", "kind: local\n    contextlength: 1", "6:5: deployments[0].contextlength: unknown key; did you mean `context_length`?")]
    [InlineData("kind: local", "kind: local\n    DefaultMaxTokens: 1", "6:5: deployments[0].DefaultMaxTokens: unknown key; did you mean `default_max_tokens`?")]
    [InlineData("tenants:", "tenant: 1\ntenants:", "7:1: tenant: unknown key; did you mean `tenants`?")]
    [InlineData("name: t\n", "name: t\n    zzz: 1\n", "9:5: tenants[0].zzz: unknown key; the keys here are `name`, `models`, `plan`, `limits`, `time_zone`, `currency`, `balance`, `keys`, `policy`, `key_policy`, `privacy`")]
    [InlineData("name: t\n", "name: t\n    <<: {}\n", "9:5: tenants[0].<<: merge keys are not read; write the keys out, or give a whole value an anchor")]
    [InlineData("name: t\n", "name: t\n    \"a\\nb\": 1\n", "9:5: tenants[0].a?b: unknown key; the keys here are `name`, `models`, `plan`, `limits`, `time_zone`, `currency`, `balance`, `keys`, `policy`, `key_policy`, `privacy`")]
    [InlineData("name: t\n", "name: t\n    name: u\n", "9:5: tenants[0].name: stands here for a second time, first on line 8; remove one")]
    // Missing
    [InlineData("name: d\n    kind: local", "kind: local", "4:5: deployments[0].name: is missing")]
    [InlineData("    kind: local\n", "", "4:5: deployments[0].kind: is missing; write one of `local`, `openai`, `openai-compatible`")]
    [InlineData("path: models/smol.gguf", "path:", "6:5: deployments[0].path: has no value; write one, or remove the key")]
    [InlineData("path: models/smol.gguf", "path: ~", "6:5: deployments[0].path: has no value; write one, or remove the key")]
    [InlineData("models: [m]", "models: []", "9:5: tenants[0].models: is empty; it needs at least one item")]
    [InlineData("deployments: [d]", "deployments: [ ~ ]", "2:31: models[0].deployments[0]: expected a mapping, or the name alone; found no value")]
    // The wrong kind of value
    [InlineData("models: [m]", "models: m", "9:5: tenants[0].models: expected a list; found a plain value")]
    [InlineData("models: [m]", "models: { m: 1 }", "9:5: tenants[0].models: expected a list; found a mapping")]
    [InlineData("models: [m]", "models: [[m]]", "9:14: tenants[0].models[0]: expected text; found a list")]
    [InlineData("deployments: [d]", "deployments: [[d]]", "2:30: models[0].deployments[0]: expected a mapping, or the name alone; found a list")]
    [InlineData("name: k,", "name: [k],", "11:11: tenants[0].keys[0].name: expected text; found a list")]
    [InlineData("kind: local", "kind: { local: 1 }", "5:5: deployments[0].kind: expected one of `local`, `openai`, `openai-compatible`; found a mapping")]
    [InlineData("kind: local", "kind: local\n    queue: []", "6:5: deployments[0].queue: expected a whole number; found a list")]
    // Words
    [InlineData("kind: local", "kind: Local", "5:5: deployments[0].kind: expected one of `local`, `openai`, `openai-compatible`; did you mean `local`?")]
    [InlineData("kind: local", "kind: open-ai", "5:5: deployments[0].kind: expected one of `local`, `openai`, `openai-compatible`; did you mean `openai`?")]
    // Texts
    [InlineData("name: k,", "name: \"a\\nb\",", "11:11: tenants[0].keys[0].name: holds a line break or a control character; remove it")]
    [InlineData("path: models/smol.gguf", "path: ${HOME}/smol.gguf", "6:5: deployments[0].path: ${NAME} is read in secrets only; write the value itself")]
    [InlineData("kind: local", "kind: local\n    cache_type: int4", "6:5: deployments[0].cache_type: expected one of `f16`, `q8_0`, `q4_0`")]
    [InlineData("kind: local", "kind: local\n    flash_attention: true", "6:5: deployments[0].flash_attention: expected one of `auto`, `on`, `off`")]
    // Amounts of memory
    [InlineData("kind: local", "kind: local\n    host_cache: 64", "6:5: deployments[0].host_cache: an amount of memory needs a unit, such as 12GiB; the units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB; or 0, for none")]
    [InlineData("kind: local", "kind: local\n    host_cache: '0'", "6:5: deployments[0].host_cache: an amount of memory needs a unit, such as 12GiB; the units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB; or 0, for none")]
    [InlineData("tenants:", "engine: { memory: 12 }\ntenants:", "7:11: engine.memory: an amount of memory needs a unit, such as 12GiB; the units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB")]
    [InlineData("tenants:", "engine: { memory: 1.5GiB }\ntenants:", "7:11: engine.memory: expected an amount of memory: one whole number and its unit, such as 512MiB, 12GiB or 16GB")]
    [InlineData("tenants:", "engine: { memory: 0GiB }\ntenants:", "7:11: engine.memory: expected an amount of memory: one whole number and its unit, such as 512MiB, 12GiB or 16GB")]
    [InlineData("tenants:", "engine: { memory: 12gib }\ntenants:", "7:11: engine.memory: expected an amount of memory: one whole number and its unit, such as 512MiB, 12GiB or 16GB")]
    [InlineData("tenants:", "engine: { memory: [] }\ntenants:", "7:11: engine.memory: expected an amount of memory such as 12GiB; found a list")]
    [InlineData("tenants:", "engine: { idle_timeout: 500ms }\ntenants:", "7:11: engine.idle_timeout: must be from 1s to 3650d")]
    // Numbers
    [InlineData("kind: local", "kind: local\n    queue: 0x10", "6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192")]
    [InlineData("kind: local", "kind: local\n    queue: 0o10", "6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192")]
    [InlineData("kind: local", "kind: local\n    queue: 010", "6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192")]
    [InlineData("kind: local", "kind: local\n    queue: 1_000", "6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192")]
    [InlineData("kind: local", "kind: local\n    queue: 1.5", "6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192")]
    [InlineData("kind: local", "kind: local\n    queue: 1e3", "6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192")]
    [InlineData("kind: local", "kind: local\n    queue: +1", "6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192")]
    [InlineData("kind: local", "kind: local\n    queue: \"10\"", "6:5: deployments[0].queue: expected a whole number, found text in quotes; remove the quotes")]
    [InlineData("kind: local", "kind: local\n    queue: 9999999999", "6:5: deployments[0].queue: too large a number; the largest is 2147483647")]
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: half }]", "6:38: deployments[0].lora[0].scale: expected a number in plain decimal digits, such as 0.5")]
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: .5 }]", "6:38: deployments[0].lora[0].scale: expected a number in plain decimal digits, such as 0.5")]
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: 1e1 }]", "6:38: deployments[0].lora[0].scale: expected a number in plain decimal digits, such as 0.5")]
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: 5. }]", "6:38: deployments[0].lora[0].scale: expected a number in plain decimal digits, such as 0.5")]
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: 007 }]", "6:38: deployments[0].lora[0].scale: expected a number in plain decimal digits, such as 0.5")]
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: \"1\" }]", "6:38: deployments[0].lora[0].scale: expected a number in plain decimal digits, such as 0.5; remove the quotes")]
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: [] }]", "6:38: deployments[0].lora[0].scale: expected a number; found a list")]
    [InlineData("kind: local", "kind: local\n    lora: [{ scale: 1 }]", "6:12: deployments[0].lora[0].path: is missing")]
    [InlineData("kind: local", "kind: local\n    load: first-use", "6:5: deployments[0].load: expected one of `startup`, `first_use`; did you mean `first_use`?")]
    // Bounds
    [InlineData("kind: local", "kind: local\n    lora: [{ path: models/smol.gguf, scale: 10.5 }]", "6:38: deployments[0].lora[0].scale: must be from -10 to 10")]
    [InlineData("kind: local", "kind: local\n    queue: -1", "6:5: deployments[0].queue: must be from 0 to 100000")]
    [InlineData("kind: local", "kind: local\n    queue: 100001", "6:5: deployments[0].queue: must be from 0 to 100000")]
    [InlineData("kind: local", "kind: local\n    parallel: 0", "6:5: deployments[0].parallel: must be from 1 to 256")]
    [InlineData("kind: local", "kind: local\n    parallel: 257", "6:5: deployments[0].parallel: must be from 1 to 256")]
    [InlineData("kind: local", "kind: local\n    threads: 0", "6:5: deployments[0].threads: must be from 1 to 512")]
    [InlineData("kind: local", "kind: local\n    threads: 513", "6:5: deployments[0].threads: must be from 1 to 512")]
    [InlineData("kind: local", "kind: local\n    context_length: 0", "6:5: deployments[0].context_length: must be from 1 to 16777216")]
    [InlineData("kind: local", "kind: local\n    cache_cells: 16777217", "6:5: deployments[0].cache_cells: must be from 1 to 16777216")]
    [InlineData("kind: local", "kind: local\n    default_max_tokens: 0", "6:5: deployments[0].default_max_tokens: must be from 1 to 16777216")]
    [InlineData("tenants:", "limits: { body_bytes: 999 }\ntenants:", "7:11: limits.body_bytes: must be from 1000 to 1000000000")]
    [InlineData("tenants:", "limits: { body_bytes: 1000000001 }\ntenants:", "7:11: limits.body_bytes: must be from 1000 to 1000000000")]
    [InlineData("deployments: [d]", "deployments: [{ name: d, weight: 0 }]", "2:41: models[0].deployments[0].weight: must be from 1 to 1000")]
    [InlineData("deployments: [d]", "deployments: [{ name: d, weight: 1001 }]", "2:41: models[0].deployments[0].weight: must be from 1 to 1000")]
    public void A_wrong_value_is_reported_with_its_line_column_and_key(string passage, string replacement, string error) =>
        Assert.Equal([error], _folder.Errors(ConfigFolder.Minimal, passage, replacement));

    [Theory]
    [InlineData("timeout: 10", "2:34: models[0].timeout: a duration needs a unit, such as 10s; the units are ms, s, m, h and d")]
    [InlineData("timeout: 1h30m", "2:34: models[0].timeout: expected a duration: one whole number and its unit, such as 500ms, 10s, 2m, 1h or 30d")]
    [InlineData("timeout: 1.5s", "2:34: models[0].timeout: expected a duration: one whole number and its unit, such as 500ms, 10s, 2m, 1h or 30d")]
    [InlineData("timeout: -1s", "2:34: models[0].timeout: expected a duration: one whole number and its unit, such as 500ms, 10s, 2m, 1h or 30d")]
    [InlineData("timeout: 10 s", "2:34: models[0].timeout: expected a duration: one whole number and its unit, such as 500ms, 10s, 2m, 1h or 30d")]
    [InlineData("timeout: 999ms", "2:34: models[0].timeout: must be from 1s to 1h")]
    [InlineData("timeout: 61m", "2:34: models[0].timeout: must be from 1s to 1h")]
    [InlineData("timeout: 999999999h", "2:34: models[0].timeout: must be from 1s to 1h")]
    [InlineData("cooldown: 3601s", "2:34: models[0].cooldown: must be from 0s to 1h")]
    public void A_wrong_duration_is_reported(string line, string error) =>
        Assert.Equal([error], _folder.Errors(ConfigFolder.MinimalRemote, "[d] }", $"[d], {line} }}"));

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0s", 0)]
    public void Durations_have_a_unit(string text, int milliseconds)
    {
        var result = _folder.Load(ConfigFolder.MinimalRemote.Replace("[d] }", $"[d], cooldown: {text} }}", StringComparison.Ordinal));

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), result.Config!.Models[0].Cooldown);
    }

    [Fact]
    public void A_day_is_24_hours()
    {
        Assert.True(Duration.TryParse("30d", out var value));
        Assert.Equal(TimeSpan.FromHours(720), value);
    }

    [Theory]
    [InlineData("NO")]
    [InlineData("on")]
    [InlineData("true")]
    [InlineData("0123")]
    [InlineData("1e3")]
    [InlineData("12.0")]
    public void A_name_that_yaml_1_1_would_take_for_something_else_stays_as_written(string name)
    {
        var result = _folder.Load(ConfigFolder.Minimal.Replace("name: t\n", $"name: {name}\n", StringComparison.Ordinal));

        Assert.Equal(name, result.Config!.Tenants[0].Name);
    }

    [Fact]
    public void Everything_that_is_wrong_is_reported_at_once_in_the_order_of_the_file()
    {
        var errors = _folder.Errors("""
            listne: {}
            limits: { body_bytes: ten }
            models:
              - name: a b
                deployments: [d, { weight: 5000 }]
            deployments:
              - name: d
                kind: remote
                queue: many
              - text
            tenants:
              - { name: t, models: m, keys: [{ name: k, sha256: short }] }

            """);

        Assert.Equal(
            [
                "1:1: listne: unknown key; did you mean `listen`?",
                "2:11: limits.body_bytes: expected a whole number in plain decimal digits, such as 8192",
                "4:5: models[0].name: must be 1 to 128 letters (a-z), digits, `.`, `_`, `-`, `:` or `/`, the first a letter or a digit",
                "5:22: models[0].deployments[1].name: is missing",
                "5:24: models[0].deployments[1].weight: must be from 1 to 1000",
                "8:5: deployments[0].kind: expected one of `local`, `openai`, `openai-compatible`",
                "9:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192",
                "10:5: deployments[1]: expected a mapping; found a plain value",
                "12:16: tenants[0].models: expected a list; found a plain value",
                "12:45: tenants[0].keys[0].sha256: must be the key's SHA-256, 64 hexadecimal digits; `gateway keys generate` makes both",
            ],
            errors);
    }

    [Fact]
    public void A_file_without_its_three_lists_says_so_for_each() => Assert.Equal(
        ["1:1: models: is missing", "1:1: deployments: is missing", "1:1: tenants: is missing"],
        _folder.Errors("listen: {}\n"));

    [Theory]
    [InlineData("flag: true", true)]
    [InlineData("flag: false", false)]
    public void Booleans_are_true_and_false(string yaml, bool value) => Assert.Equal((value, null), Bind(yaml));

    [Theory]
    [InlineData("flag: on", "1:1: flag: expected true or false; write `true`, in small letters and without quotes")]
    [InlineData("flag: yes", "1:1: flag: expected true or false; write `true`, in small letters and without quotes")]
    [InlineData("flag: True", "1:1: flag: expected true or false; write `true`, in small letters and without quotes")]
    [InlineData("flag: \"true\"", "1:1: flag: expected true or false; write `true`, in small letters and without quotes")]
    [InlineData("flag: NO", "1:1: flag: expected true or false; write `false`, in small letters and without quotes")]
    [InlineData("flag: 0", "1:1: flag: expected true or false; write `false`, in small letters and without quotes")]
    [InlineData("flag: maybe", "1:1: flag: expected true or false")]
    [InlineData("flag: []", "1:1: flag: expected true or false; found a list")]
    public void The_other_booleans_of_yaml_1_1_are_refused_with_a_hint(string yaml, string error) => Assert.Equal((false, error), Bind(yaml));

    private static (bool Value, string? Error) Bind(string yaml)
    {
        var document = new ConfigDocument("f", ConfigParser.Parse(Encoding.UTF8.GetBytes(yaml), out _)!);
        var report = new ConfigReport(document);
        var record = new ConfigBinder(report, new SecretReader(document.Folder, _ => null)).Bind<Flags>(document.Root);
        return (record.Flag, report.Errors.Count == 0 ? null : Assert.Single(report.Errors).ToString()["f:".Length..]);
    }

    private sealed record Flags
    {
        public bool Flag { get; init; }
    }
}
