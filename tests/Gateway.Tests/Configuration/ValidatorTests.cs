using Gateway.Configuration;
using Gateway.Llama;

namespace Gateway.Tests.Configuration;

public sealed class ValidatorTests : IDisposable
{
    private const string Hash = "0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a001";
    private const string OtherHash = "1111111111111111111111111111111111111111111111111111111111111111";
    private const string NameInClear =
        "plain http would send the key and the prompts in clear to wherever this name leads; use https, or say `private: true` where it is a host of a private network";
    private const string Disguised = "has a host that some take for an address and others for a name; write an IPv4 address as four decimal numbers, such as 10.1.2.3";
    private const string BadUrl = "must be a whole URL that begins with https:// or http://, in ASCII and without spaces";
    private const string InClear = "plain http to a public host would send the key and the prompts in clear; use https (http is for loopback and private hosts)";

    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    // Names
    [InlineData("name: t\n", "name: \"\"\n", "8:5: tenants[0].name: must be 1 to 128 letters (a-z), digits, `.`, `_` or `-`, the first a letter or a digit")]
    [InlineData("name: t\n", "name: a b\n", "8:5: tenants[0].name: must be 1 to 128 letters (a-z), digits, `.`, `_` or `-`, the first a letter or a digit")]
    [InlineData("name: t\n", "name: a/b\n", "8:5: tenants[0].name: must be 1 to 128 letters (a-z), digits, `.`, `_` or `-`, the first a letter or a digit")]
    [InlineData("name: t\n", "name: saúde\n", "8:5: tenants[0].name: must be 1 to 128 letters (a-z), digits, `.`, `_` or `-`, the first a letter or a digit")]
    [InlineData("name: m,", "name: m*,", "2:7: models[0].name: must be 1 to 128 letters (a-z), digits, `.`, `_`, `-`, `:` or `/`, the first a letter or a digit")]
    [InlineData("tenants:\n", "tenants:\n  - { name: T, models: [m], keys: [] }\n", "9:5: tenants[1].name: the name `t` is taken by tenants[0] on line 8 (capitals do not tell names apart)")]
    [InlineData("keys:\n", "keys:\n      - { name: k, sha256: 1111111111111111111111111111111111111111111111111111111111111111 }\n",
        "12:11: tenants[0].keys[1].name: the name `k` is taken by tenants[0].keys[0] on line 11 (capitals do not tell names apart)")]
    [InlineData("  - { name: m, deployments: [d] }\n", "  - { name: m, deployments: [d] }\n  - { name: m, deployments: [d] }\n",
        "3:7: models[1].name: the name `m` is taken by models[0] on line 2 (capitals do not tell names apart)")]
    [InlineData("deployments:\n", "deployments:\n  - { name: d, kind: local, path: models/smol.gguf }\n",
        "5:5: deployments[1].name: the name `d` is taken by deployments[0] on line 4 (capitals do not tell names apart)")]
    // References
    [InlineData("deployments: [d]", "deployments: [d, e]", "2:33: models[0].deployments[1].name: there is no deployment `e` in `deployments`; did you mean `d`?")]
    [InlineData("deployments: [d]", "deployments: [d, elsewhere]", "2:33: models[0].deployments[1].name: there is no deployment `elsewhere` in `deployments`")]
    [InlineData("deployments: [d]", "deployments: [D]", "2:30: models[0].deployments[0].name: there is no deployment `D` in `deployments`; did you mean `d`?")]
    [InlineData("models: [m]", "models: [M]", "9:14: tenants[0].models[0]: there is no model `M` in `models`; did you mean `m`?")]
    [InlineData("deployments: [d]", "deployments: [d, { name: d, weight: 2 }]", "2:35: models[0].deployments[1].name: the deployment `d` stands in this list twice; remove one")]
    [InlineData("models: [m]", "models: [m, gpt-5]", "9:17: tenants[0].models[1]: there is no model `gpt-5` in `models`")]
    [InlineData("models: [m]", "models: [m, m]", "9:17: tenants[0].models[1]: the model `m` stands in this list twice; remove one")]
    // Keys of tenants
    [InlineData("keys:\n", "keys:\n      - { name: k2, sha256: 0A4D55A8D778E5022FAB701977C5D840BBC486D0F1F8E3A5B5F1E8F4E8D6A001 }\n",
        "12:20: tenants[0].keys[1].sha256: the same key as tenants[0].keys[0].sha256 on line 11; a key belongs to one tenant, once")]
    [InlineData("tenants:\n", "tenants:\n  - { name: t0, models: [m], keys: [{ name: k, sha256: " + Hash + " }] }\n",
        "12:20: tenants[1].keys[0].sha256: the same key as tenants[0].keys[0].sha256 on line 8; a key belongs to one tenant, once")]
    [InlineData("sha256: 0a", "sha256: 0g", "11:20: tenants[0].keys[0].sha256: must be the key's SHA-256, 64 hexadecimal digits; `gateway keys generate` makes both")]
    [InlineData("sha256: 0a", "sha256: a", "11:20: tenants[0].keys[0].sha256: must be the key's SHA-256, 64 hexadecimal digits; `gateway keys generate` makes both")]
    // Local deployments
    [InlineData("    path: models/smol.gguf\n", "", "4:5: deployments[0].path: is missing; the kind `local` needs the path of a GGUF file")]
    [InlineData("models/smol.gguf", "\"\"", "6:5: deployments[0].path: is empty; write the path of a GGUF file")]
    [InlineData("kind: local", "kind: local\n    base_url: http://localhost/v1", "6:5: deployments[0].base_url: is not a key of the kind `local`; remove it, or change `kind`")]
    [InlineData("kind: local", "kind: local\n    api_key: ${OPENAI_KEY}", "6:5: deployments[0].api_key: is not a key of the kind `local`; remove it, or change `kind`")]
    [InlineData("kind: local", "kind: local\n    model: x", "6:5: deployments[0].model: is not a key of the kind `local`; remove it, or change `kind`")]
    [InlineData("kind: local", "kind: local\n    context_length: 4096\n    cache_cells: 4095", "7:5: deployments[0].cache_cells: is less than context_length, so a request of that length would never fit")]
    [InlineData("kind: local", "kind: local\n    lora: [models/none.gguf]", "6:12: deployments[0].lora[0].path: the file `FOLDER/models/none.gguf` does not exist")]
    [InlineData("kind: local", "kind: local\n    lora: [secrets/vllm]", "6:12: deployments[0].lora[0].path: the file `FOLDER/secrets/vllm` is not a GGUF file (it does not begin with `GGUF`)")]
    [InlineData("kind: local", "kind: local\n    lora: [models/smol.gguf, { path: ./models/smol.gguf, scale: 0.5 }]",
        "6:32: deployments[0].lora[1].path: the adapter `./models/smol.gguf` stands in this list twice; remove one, and set the `scale` of the other")]
    [InlineData("kind: local", "kind: local\n    shared_prompts: ['You are helpful.', ' ']", "6:42: deployments[0].shared_prompts[1]: is empty; write the text that prompts begin with, or remove the line")]
    [InlineData("kind: local", "kind: local\n    prefix_cache: false\n    shared_prompts: [You are helpful.]", "7:5: deployments[0].shared_prompts: has no effect beside `prefix_cache: false`; remove one of the two")]
    [InlineData("kind: local", "kind: local\n    cache_type: q8_0\n    flash_attention: off", "7:5: deployments[0].flash_attention: is `off`, and the cache_type `q8_0` needs it; remove one of the two")]
    [InlineData("kind: local", "kind: local\n    draft_model: models/none.gguf", "6:5: deployments[0].draft_model: the file `FOLDER/models/none.gguf` does not exist")]
    [InlineData("kind: local", "kind: local\n    draft_model: secrets/vllm", "6:5: deployments[0].draft_model: the file `FOLDER/secrets/vllm` is not a GGUF file (it does not begin with `GGUF`)")]
    [InlineData("kind: local", "kind: local\n    draft_model: \"\"", "6:5: deployments[0].draft_model: is empty; write the path of a GGUF file")]
    [InlineData("kind: local", "kind: local\n    draft_model: models/tuned.gguf\n    speculation: lookup",
        "7:5: deployments[0].speculation: is `lookup`, and draft_model is there to guess; remove one of the two")]
    [InlineData("kind: local", "kind: local\n    draft_model: models/tuned.gguf\n    speculation: off",
        "7:5: deployments[0].speculation: is `off`, and draft_model is there to guess; remove one of the two")]
    [InlineData("kind: local", "kind: local\n    speculation: draft",
        "6:5: deployments[0].speculation: is `draft`, and there is no draft_model to guess; write the path of one, or remove this")]
    // Addresses
    [InlineData("tenants:", "listen: { api: localhost }\ntenants:", "7:11: listen.api: must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080")]
    [InlineData("tenants:", "listen: { api: \"http://localhost:80\" }\ntenants:", "7:11: listen.api: must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080")]
    [InlineData("tenants:", "listen: { api: \"::1:80\" }\ntenants:", "7:11: listen.api: must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080")]
    [InlineData("tenants:", "listen: { api: gateway.example.com:80 }\ntenants:", "7:11: listen.api: must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080")]
    [InlineData("tenants:", "listen: { api: 300.1.1.1:80 }\ntenants:", "7:11: listen.api: must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080")]
    [InlineData("tenants:", "listen: { admin: \"*:65536\" }\ntenants:", "7:11: listen.admin: must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080")]
    [InlineData("tenants:", "listen: { admin: \":80\" }\ntenants:", "7:11: listen.admin: must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080")]
    [InlineData("tenants:", "listen: { admin: localhost:8080 }\ntenants:", "7:11: listen.admin: api and admin cannot both listen on port 8080 (127.0.0.1 and localhost); give admin another port")]
    [InlineData("tenants:", "listen: { api: \"*:8081\" }\ntenants:", "7:1: listen.admin: api and admin cannot both listen on port 8081 (* and 127.0.0.1); give admin another port")]
    // Scopes
    [InlineData(Hash + " }", Hash + ", models: [M] }", "11:103: tenants[0].keys[0].models[0]: there is no model `M` in `models`; did you mean `m`?")]
    [InlineData(Hash + " }", Hash + ", models: [] }", "11:94: tenants[0].keys[0].models: is empty; leave it out to allow all, or name what is allowed")]
    [InlineData(Hash + " }", Hash + ", endpoints: [chat] }", "11:106: tenants[0].keys[0].endpoints[0]: there is no endpoint `chat` in `the API`")]
    [InlineData(Hash + " }", Hash + ", networks: [10.0.0.1/8] }", "11:105: tenants[0].keys[0].networks[0]: must be an address such as 10.1.2.3 or a range such as 10.0.0.0/8 or fd00::/8; the bits behind the prefix must be zero")]
    [InlineData(Hash + " }", Hash + ", data_class: secret }", "11:94: tenants[0].keys[0].data_class: expected one of `public`, `internal`, `personal`, `restricted`")]
    [InlineData(Hash + " }", Hash + ", expires: 2027-1-31 }", "11:94: tenants[0].keys[0].expires: expected a date such as 2027-01-31, or a time with its zone such as 2027-01-31T18:00:00Z")]
    [InlineData(Hash + " }", Hash + ", expires: 2027-02-30 }", "11:94: tenants[0].keys[0].expires: expected a date such as 2027-01-31, or a time with its zone such as 2027-01-31T18:00:00Z")]
    [InlineData(Hash + " }", Hash + ", expires: \"2027-01-31T18:00:00\" }", "11:94: tenants[0].keys[0].expires: expected a date such as 2027-01-31, or a time with its zone such as 2027-01-31T18:00:00Z")]
    [InlineData("tenants:", "listen: { trusted_proxies: [proxy] }\ntenants:", "7:29: listen.trusted_proxies[0]: must be an address such as 10.1.2.3 or a range such as 10.0.0.0/8 or fd00::/8; the bits behind the prefix must be zero")]
    // Admins
    [InlineData("tenants:", "admins: [{ name: a, role: admin, sha256: " + Hash + " }]\ntenants:", "7:34: admins[0].sha256: the same key as tenants[0].keys[0].sha256 on line 12; an admin has a key of their own")]
    [InlineData("tenants:", "admins: [{ name: a, role: tenant-admin, sha256: " + OtherHash + " }]\ntenants:", "7:10: admins[0].tenant: is missing; the role `tenant-admin` needs it")]
    [InlineData("tenants:", "admins: [{ name: a, role: tenant-admin, tenant: u, sha256: " + OtherHash + " }]\ntenants:", "7:41: admins[0].tenant: there is no tenant `u` in `tenants`; did you mean `t`?")]
    [InlineData("tenants:", "admins: [{ name: a, role: viewer, tenant: t, sha256: " + OtherHash + " }]\ntenants:", "7:35: admins[0].tenant: is for the role `tenant-admin` only; remove it, or change `role`")]
    [InlineData("tenants:", "admins: [{ name: a, role: root, sha256: " + OtherHash + " }]\ntenants:", "7:21: admins[0].role: expected one of `viewer`, `operator`, `auditor`, `tenant-admin`, `admin`")]
    [InlineData("tenants:", "admins: [{ name: a, role: admin, sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 }]\ntenants:",
        "7:34: admins[0].sha256: is the SHA-256 of an empty text, so the key was lost on the way; `gateway keys generate` makes both")]
    // Issuers
    [InlineData("tenants:", "jwt: [{ name: i, issuer: \"http://idp.example.com\", audiences: [g] }]\ntenants:",
        "7:18: jwt[0].issuer: keys that come in plain http from a public host may be anybody's; use https (http is for loopback and private hosts); or write `jwks`, where its keys are")]
    [InlineData("tenants:", "jwt: [{ name: i, issuer: idp, audiences: [g], jwks: \"http://idp.example.com/keys\" }]\ntenants:",
        "7:47: jwt[0].jwks: keys that come in plain http from a public host may be anybody's; use https (http is for loopback and private hosts)")]
    [InlineData("tenants:", "jwt: [{ name: i, issuer: \"https://idp\", audiences: [g], algorithms: [HS256] }]\ntenants:",
        "7:70: jwt[0].algorithms[0]: expected one of `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`, `ES512`; did you mean `RS256`?")]
    [InlineData("tenants:", "jwt: [{ name: i, issuer: \"https://idp\", audiences: [g], algorithms: [none] }]\ntenants:",
        "7:70: jwt[0].algorithms[0]: expected one of `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`, `ES512`")]
    [InlineData("tenants:", "jwt: [{ name: i, issuer: \"https://idp\", audiences: [g], tenant: u }]\ntenants:", "7:57: jwt[0].tenant: there is no tenant `u` in `tenants`; did you mean `t`?")]
    [InlineData("tenants:", "jwt: [{ name: i, issuer: \"https://idp\", audiences: [g], roles: [{ value: x, role: admin }] }]\ntenants:", "7:57: jwt[0].roles: says what values of `role_claim` stand for; write that too")]
    [InlineData("tenants:", "jwt: [{ name: i, issuer: \"https://idp\", audiences: [] }]\ntenants:", "7:41: jwt[0].audiences: is empty; it needs at least one item")]
    public void A_rule_that_is_broken_is_reported_with_its_line_column_and_key(string passage, string replacement, string error) =>
        Assert.Equal([error.Replace("FOLDER", _folder.Root, StringComparison.Ordinal)], _folder.Errors(ConfigFolder.Minimal, passage, replacement));

    [Theory]
    [InlineData("draft_model: models/tuned.gguf")]
    [InlineData("speculation: draft\n    draft_model: ./models/tuned.gguf")]
    public void A_draft_model_is_found_as_the_model_is_and_guesses(string keys)
    {
        var result = _folder.Load(ConfigFolder.Minimal.Replace("kind: local", $"kind: local\n    {keys}", StringComparison.Ordinal));

        Assert.Empty(result.Errors.Concat(result.Warnings));
        var deployment = Assert.Single(result.Config!.Deployments);
        Assert.Equal((Speculate.Draft, _folder.PathOf("models/tuned.gguf")), (deployment.Speculation, deployment.DraftModel));
    }

    [Fact]
    public void A_model_that_guesses_for_itself_is_worth_a_warning()
    {
        var result = _folder.Load(ConfigFolder.Minimal.Replace("kind: local", "kind: local\n    draft_model: ./models/smol.gguf", StringComparison.Ordinal));

        Assert.Equal(
            "6:5: deployments[0].draft_model: is the model itself, so that a guess takes as long as it saves; name a smaller model of the same family",
            Assert.Single(_folder.Lines(result.Warnings)));
    }

    [Theory]
    [InlineData("context_length: 512", "", true)]
    [InlineData("context_length: 512", "context_length: 512", false)]
    [InlineData("load: first_use", "default_max_tokens: 5", false)]
    [InlineData("draft_model: models/tuned.gguf", "", true)]
    [InlineData("draft_model: models/tuned.gguf", "draft_model: models/tuned.gguf\n    speculation: draft", false)]
    public void A_file_that_is_loaded_twice_for_a_setting_is_worth_a_warning(string first, string second, bool warned)
    {
        var yaml = ConfigFolder.Minimal
            .Replace("deployments: [d]", "deployments: [d, e]", StringComparison.Ordinal)
            .Replace("    kind: local\n", $"    kind: local\n    {first}\n", StringComparison.Ordinal)
            .Replace("tenants:", $"  - name: e\n    kind: local\n    path: models/smol.gguf\n    lora: [models/adapter.gguf]\n    {second}\ntenants:", StringComparison.Ordinal);
        _folder.Write("models/adapter.gguf", "GGUF and more");

        var result = _folder.Load(yaml);

        Assert.Empty(result.Errors);
        Assert.Equal(warned ? 1 : 0, result.Warnings.Count(w => w.ToString().Contains("the file is loaded a second time, since `d` has other settings", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: llm.example.com/v1", "6:5: deployments[0].base_url: " + BadUrl)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: ftp://llm.example.com/v1", "6:5: deployments[0].base_url: " + BadUrl)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: \"https://\"", "6:5: deployments[0].base_url: " + BadUrl)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: https:llm.example.com", "6:5: deployments[0].base_url: " + BadUrl)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: https://a b/v1", "6:5: deployments[0].base_url: " + BadUrl)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: https://llm.example.com/v1?", "6:5: deployments[0].base_url: must end before any `?` or `#`: paths are put after it")]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: https://llm.example.com/v1#x", "6:5: deployments[0].base_url: must end before any `?` or `#`: paths are put after it")]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: https://me@llm.example.com/v1", "6:5: deployments[0].base_url: must have no user or password in it; write the key as api_key")]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: https://llm.example.com/v1/chat/completions",
        "6:5: deployments[0].base_url: must end with the API's version, such as /v1; leave out /chat/completions")]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: http://llm.example.com/v1", "6:5: deployments[0].base_url: " + NameInClear)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: http://8.8.8.8/v1", "6:5: deployments[0].base_url: " + InClear)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: http://172.32.0.1/v1", "6:5: deployments[0].base_url: " + InClear)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: http://134744072/v1", "6:5: deployments[0].base_url: " + Disguised)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: http://[2001:4860::1]/v1", "6:5: deployments[0].base_url: " + InClear)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: http://[::ffff:8.8.8.8]/v1", "6:5: deployments[0].base_url: " + InClear)]
    [InlineData("base_url: https://llm.example.com/v1", "base_url: http://localhost.example.com/v1", "6:5: deployments[0].base_url: " + NameInClear)]
    [InlineData("    base_url: https://llm.example.com/v1\n", "", "4:5: deployments[0].base_url: is missing; the kind `openai-compatible` needs it, such as http://localhost:8000/v1")]
    [InlineData("kind: openai-compatible", "kind: openai\n    path: x", "6:5: deployments[0].path: is not a key of the kind `openai`; remove it, or change `kind`")]
    [InlineData("kind: openai-compatible", "kind: openai-compatible\n    threads: 1", "6:5: deployments[0].threads: is not a key of the kind `openai-compatible`; remove it, or change `kind`")]
    [InlineData("kind: openai-compatible", "kind: openai-compatible\n    model: a b", "6:5: deployments[0].model: must be 1 to 256 printable ASCII characters without spaces")]
    public void A_rule_of_remote_deployments_that_is_broken_is_reported(string passage, string replacement, string error) =>
        Assert.Equal([error], _folder.Errors(ConfigFolder.MinimalRemote, passage, replacement));

    [Fact]
    public void OpenAI_needs_a_key_and_nothing_else()
    {
        var yaml = ConfigFolder.MinimalRemote
            .Replace("openai-compatible", "openai", StringComparison.Ordinal)
            .Replace("    base_url: https://llm.example.com/v1\n", "", StringComparison.Ordinal);

        Assert.Equal("https://api.openai.com/v1", _folder.Load(yaml).Config!.Deployments[0].BaseUrl);
        Assert.Equal(
            ["4:5: deployments[0].api_key: is missing; the kind `openai` needs it, as ${NAME} or file:PATH"],
            _folder.Errors(yaml, "    api_key: ${OPENAI_KEY}\n", ""));
    }

    [Theory]
    [InlineData("Host=db;Username=gateway;Password=p4ss;Database=gateway", true)]
    [InlineData("Host=db;Maximum Pool Size=5;SSL Mode=Require", true)]
    [InlineData("postgresql://gateway:p4ss@db/gateway", false)]
    [InlineData("Host=db;Pasword=p4ss", false)]
    [InlineData("Host=db;Port=p4ss", false)]
    [InlineData("Username=gateway;Password=p4ss", false)]
    [InlineData("Host=db;Connection Idle Lifetime=5;Password=p4ss", false)]
    public void The_stores_connection_string_is_checked_without_being_told(string text, bool valid)
    {
        _folder.Write("pg", text);

        var errors = _folder.Errors(ConfigFolder.Minimal, "tenants:", "store: { postgresql: \"file:pg\" }\ntenants:");

        Assert.Equal(valid ? [] : ["7:10: store.postgresql: the secret is no connection string of Npgsql; write Host=...;Username=...;Password=...;Database=... (a URL such as postgresql://... is not read)"], errors);
    }

    [Theory]
    [InlineData("http://localhost:11434/v1")]
    [InlineData("http://127.8.8.8/v1")]
    [InlineData("http://10.1.2.3:8000")]
    [InlineData("http://172.16.0.1/v1")]
    [InlineData("http://192.168.1.1/v1")]
    [InlineData("http://100.64.0.1/v1")]
    [InlineData("http://[::1]:8000/v1")]
    [InlineData("http://[fd00::1]/v1")]
    [InlineData("http://vllm:8000/v1\n    private: true")]
    [InlineData("http://vllm.models.svc.cluster.local/v1\n    private: true")]
    [InlineData("http://gpu.internal/v1\n    private: true")]
    [InlineData("HTTPS://llm.example.com/v1")]
    public void Http_is_for_hosts_that_are_not_public(string url) =>
        Assert.Empty(_folder.Errors(ConfigFolder.MinimalRemote, "https://llm.example.com/v1", url));

    [Theory]
    [InlineData("0.0.0.0:0", "0.0.0.0", 0)]
    [InlineData("*:80", "*", 80)]
    [InlineData("[::1]:80", "[::1]", 80)]
    [InlineData("localhost:65535", "localhost", 65535)]
    public void Addresses_are_a_host_and_a_port(string text, string host, int port)
    {
        Assert.True(ListenAddress.TryParse(text, out var address));
        Assert.Equal(new ListenAddress(host, port), address);
    }

    [Theory]
    [InlineData("/nowhere/smol.gguf", "/nowhere/smol.gguf", "does not exist")]
    [InlineData("models/big.gguf", "models/big.gguf", "does not exist")]
    [InlineData("models", "models", "is a folder, not a file")]
    [InlineData("secrets/vllm", "secrets/vllm", "is not a GGUF file (it does not begin with `GGUF`)")]
    public void The_file_of_a_local_model_must_be_a_gguf(string written, string file, string problem) => Assert.Equal(
        [$"6:5: deployments[0].path: the file `{_folder.PathOf(file)}` {problem}"],
        _folder.Errors(ConfigFolder.Minimal, "models/smol.gguf", written));

    [Fact]
    public void A_model_file_that_is_not_beside_the_configuration_is_looked_for_beside_the_gateway()
    {
        var name = $"shipped-{Guid.NewGuid():N}.gguf";
        var shipped = Path.Combine(AppContext.BaseDirectory, name);
        File.WriteAllText(shipped, "GGUF");
        try
        {
            var result = _folder.Load(ConfigFolder.Minimal.Replace("models/smol.gguf", name, StringComparison.Ordinal));

            Assert.Equal(shipped, result.Config!.Deployments[0].Path);
        }
        finally
        {
            File.Delete(shipped);
        }
    }

    [Fact]
    public void A_file_of_keys_must_hold_some()
    {
        var yaml = ConfigFolder.Minimal.Replace("tenants:", "jwt: [{ name: i, issuer: idp, audiences: [g], jwks: keys.json }]\ntenants:", StringComparison.Ordinal);
        Assert.Contains("keys.json` does not exist", Assert.Single(_folder.Errors(yaml)), StringComparison.Ordinal);

        foreach (var json in new[] { "", "{}", "[]", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"!\",\"e\":\"AQAB\"}]}", "\u0000" })
        {
            _folder.Write("keys.json", json);
            Assert.Contains("holds no key that can check a signature", Assert.Single(_folder.Errors(yaml)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_name_of_128_characters_is_taken_and_one_of_129_is_not()
    {
        var longest = new string('n', 128);

        Assert.Empty(_folder.Errors(ConfigFolder.Minimal, "name: t\n", $"name: {longest}\n"));
        Assert.Single(_folder.Errors(ConfigFolder.Minimal, "name: t\n", $"name: {longest}n\n"));
    }

    [Fact]
    public void What_follows_from_another_error_is_not_reported()
    {
        Assert.Equal(
            ["2:3: deployments: expected a list; found a plain value"],
            _folder.Errors("{ models: [{ name: m, deployments: [a, b] }],\n  deployments: none,\n  tenants: [{ name: t, models: [m] }] }\n"));
        Assert.Equal(
            ["4:5: deployments[0].name: must be 1 to 128 letters (a-z), digits, `.`, `_` or `-`, the first a letter or a digit"],
            _folder.Errors(ConfigFolder.Minimal, "name: d\n", "name: d d\n"));
    }

    [Fact]
    public void A_deployment_without_a_model_and_a_tenant_without_a_key_are_warnings()
    {
        var result = _folder.Load(ConfigFolder.Minimal
            .Replace("tenants:\n", "  - { name: spare, kind: local, path: models/smol.gguf }\ntenants:\n  - { name: idle, models: [\"*\"] }\n", StringComparison.Ordinal));

        Assert.True(result.Success);
        Assert.Equal(
            [
                "7:7: deployments[1].name: no model uses the deployment `spare`",
                "9:5: tenants[0].keys: the tenant `idle` has no key, so nobody can use it",
            ],
            _folder.Lines(result.Warnings));
    }
}
