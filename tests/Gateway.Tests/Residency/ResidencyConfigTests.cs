using Gateway.Tests.Configuration;

namespace Gateway.Tests.Residency;

/// <summary>What of residency is refused when a file is read, and what is worth a warning.</summary>
public sealed class ResidencyConfigTests : IDisposable
{
    private const string Placement = "placement: { processing: [BR], storage: [BR], operator: Acme, operator_country: BR, retention_days: 0, trains: false }";
    private const string Policy = "  - { name: p, classes: { public: { processing: [BR] } } }\n";

    private const string Valid = $$"""
        node: { country: BR, operator: Hospital }
        models:
          - { name: m, deployments: [d, l] }
        deployments:
          - { name: d, kind: openai-compatible, base_url: "https://llm.example.com/v1", {{Placement}} }
          - { name: l, kind: local, path: models/smol.gguf }
        policies:
        {{Policy}}tenants:
          - { name: t, models: [m], policy: p, keys: [{ name: k, sha256: 0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a001 }] }

        """;

    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_that_these_tests_change_is_valid()
    {
        var result = _folder.Load(Valid);

        Assert.Empty(_folder.Lines(result.Errors));
        Assert.Empty(_folder.Lines(result.Warnings));
    }

    [Theory]
    [InlineData("[]", "11:1: data_classes: is empty; every request has a class, so name one at least")]
    [InlineData("[public, public]", "11:24: data_classes[1]: the class `public` stands in this list twice, first on line 11; remove one")]
    [InlineData("[Public]", "11:16: data_classes[0]: must be 1 to 32 small letters (a-z), digits, `_` or `-`, the first a letter")]
    [InlineData("[internal, public]", "11:26: data_classes[1]: the class `public` stands above `internal`; the list begins with the least sensitive")]
    [InlineData("[a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]", "11:1: data_classes: has more than 16 classes")]
    public void Classes_that_cannot_be_are_refused(string classes, string error) =>
        Assert.Equal(error, _folder.Errors(Valid + $"data_classes: {classes}\n").First(e => e.Contains("data_classes", StringComparison.Ordinal)));

    [Theory]
    [InlineData("policy: p, keys: [{ name: k,", "policy: p, keys: [{ name: k, data_class: secret,", "tenants[0].keys[0].data_class: expected one of `public`, `internal`, `personal`, `restricted`")]
    [InlineData("classes: { public:", "classes: { secret:", "policies[0].classes.secret: expected one of `public`, `internal`, `personal`, `restricted`")]
    [InlineData("node:", "ledger: { durability: { secret: commit } }\nnode:", "ledger.durability.secret: expected one of `public`, `internal`, `personal`, `restricted`")]
    [InlineData("node:", "ledger: { durability: { public: commit, public: batch } }\nnode:", "ledger.durability.public: stands here for a second time, first on line 1; remove one")]
    [InlineData("node:", "ledger: { durability: [commit] }\nnode:", "ledger.durability: expected a mapping; found a list")]
    [InlineData("node:", "ledger: { durability: { public: } }\nnode:", "ledger.durability.public: has no value; write one, or remove the key")]
    // Countries
    [InlineData("country: BR", "country: UK", "node.country: there is no country `UK` in ISO 3166-1; did you mean `GB` (United Kingdom)?")]
    [InlineData("country: BR", "country: EU", "node.country: there is no country `EU` in ISO 3166-1; codes are of two capital letters, such as BR")]
    [InlineData("processing: [BR], storage", "processing: [BRA], storage", "deployments[0].placement.processing[0]: there is no country `BRA` in ISO 3166-1, and no group of this name; did you mean `BR` (Brazil)?")]
    [InlineData("processing: [BR], storage", "processing: [], storage", "deployments[0].placement.processing: is empty; name every country where it may be processed, or leave it out when that is not known")]
    [InlineData("{ processing: [BR] }", "{ processing: [AU] }", "policies[0].classes.public.processing[0]: `AU` is the code of Australia and the abbreviation of the African Union; write `AUSTRALIA` or `AFRICAN_UNION`")]
    [InlineData("node:", "country_groups: [{ name: a, members: [b] }, { name: b, members: [a] }]\nnode:", "country_groups[1].members: the group contains itself: a -> b -> a")]
    [InlineData("trains: false }", "trains: false, checked: 2027-01-01, expires: 2026-01-01 }", "deployments[0].placement.expires: is not after `checked`")]
    // Contradictions
    [InlineData("d, kind: openai-compatible, base_url: \"https://llm.example.com/v1\"", "d, kind: openai-compatible, base_url: \"https://eastus2.api.cognitive.microsoft.com/v1\"",
        "deployments[0].placement.processing: contradicts the region `eastus2` of Azure AI, which may be processed in US (https://learn.microsoft.com/azure/reliability/regions-list, catalogue of 2026-01-15); US is missing here")]
    [InlineData("d, kind: openai-compatible,", "d, kind: openai-compatible, model: global.anthropic.claude-sonnet-4-5,",
        "deployments[0].placement.processing: contradicts the inference profile `global.`, which may be processed in any region of its provider (https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html, catalogue of 2026-01-15); name a model and a host of one region, or leave `processing` out")]
    [InlineData("d, kind: openai-compatible,", "d, kind: openai-compatible, model: eu.amazon.nova-pro-v1,",
        "deployments[0].placement.processing: contradicts the inference profile `eu.`, which may be processed in DE, ES, FR, IE, IT, SE (https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html, catalogue of 2026-01-15); DE, ES, FR, IE, IT, SE is missing here")]
    [InlineData("path: models/smol.gguf", "path: models/smol.gguf, placement: { processing: [US] }", "deployments[1].placement.processing: a local deployment is where its node is; write `node.country`, and nothing else here")]
    [InlineData("path: models/smol.gguf", "path: models/smol.gguf, placement: { trains: true }", "deployments[1].placement.trains: does not fit a deployment in this process, which keeps nothing and whose place does not expire; remove it")]
    // Policies
    [InlineData("policy: p,", "policy: q,", "tenants[0].policy: there is no policy `q` in `policies`; did you mean `p`?")]
    [InlineData("{ name: p,", "{ name: p, base: q,", "policies[0].base: there is no policy `q` in `policies`; did you mean `p`?")]
    [InlineData("{ name: p,", "{ name: p, base: p,", "policies[0].base: the policy is its own base: p -> p")]
    [InlineData("{ processing: [BR] }", "{ processing: [BR], anywhere: true }", "policies[0].classes.public.anywhere: contradicts `processing` beside it; remove one")]
    [InlineData("{ processing: [BR] }", "{ local_only: true, anywhere: true }", "policies[0].classes.public.anywhere: contradicts `local_only` beside it; remove one")]
    [InlineData("{ processing: [BR] }", "{ local_only: maybe }", "policies[0].classes.public.local_only: expected true or false")]
    [InlineData("{ processing: [BR] }", "{ region: [BR] }", "policies[0].classes.public.region: unknown key; the keys here are `processing`, `storage`, `operator_country`")]
    [InlineData("{ processing: [BR] } }", "{ processing: [BR] }, personal: { processing: [BR, US] } }", "policies[0].classes.personal: permits more than `public`, which is less sensitive, by `processing`; narrow it, or write `allow_looser: true` in the policy")]
    [InlineData("{ processing: [BR] } }", "{ processing: [BR], cache: false }, restricted: { local_only: true } }", "policies[0].classes.restricted: permits more than `public`, which is less sensitive, by `cache`; narrow it, or write `allow_looser: true` in the policy")]
    [InlineData("{ processing: [BR] } }", "{ processing: [BR], side_doors: { store: deny } }, personal: { processing: [BR], side_doors: { store: allow } } }", "policies[0].classes.personal: permits more than `public`, which is less sensitive, by `side_doors`; narrow it, or write `allow_looser: true` in the policy")]
    [InlineData("{ processing: [BR] } }", "{ processing: [BR] }, personal: { processing: [BR], side_doors: { file_ids: allow } } }", "policies[0].classes.personal: permits more than `public`, which is less sensitive, by `side_doors`; narrow it, or write `allow_looser: true` in the policy")]
    [InlineData(Policy, Policy + "  - { name: h, base: p, classes: { public: { anywhere: true } } }\n", "policies[1].classes.public.anywhere: permits what the base does not; an heir can only narrow its base, so remove it or change the base")]
    // The node and the store
    [InlineData("country: BR,", "country: PY,", "tenants[0].policy: data of the class `public` passes this node, which the policy `p` does not permit: it may be processed in PY, which is not among BR (`node.country`, `processing`)")]
    [InlineData("node: { country: BR, ", "node: { ", "tenants[0].policy: data of the class `public` passes this node, which the policy `p` does not permit: where it is processed is not known (`node.country`, `processing`)")]
    [InlineData("{ processing: [BR] }", "{ processing: [BR], storage: [UY] }", "tenants[0].policy: data of the class `public` passes the SQLite file of this node, which the policy `p` does not permit: it may be stored in BR, which is not among UY (`node.country`, `storage`)")]
    [InlineData("node:", "store: { placement: { storage: [BR] } }\nnode:", "store.placement: is that of a PostgreSQL database; the SQLite file stands where the node does, which `node` says")]
    public void What_contradicts_itself_is_refused(string passage, string replacement, string error)
    {
        var errors = _folder.Errors(Valid, passage, replacement);

        Assert.Contains(errors, e => e.EndsWith(error, StringComparison.Ordinal) || e.Contains(error, StringComparison.Ordinal));
        Assert.All(errors, e => Assert.Matches("^[0-9]+:[0-9]+: ", e));
    }

    [Fact]
    public void A_database_that_stands_elsewhere_than_a_tenant_s_data_may_is_refused()
    {
        _folder.Variables["PG"] = "Host=db;Username=u;Database=d";
        string Text(string placement) => Valid.Replace("{ processing: [BR] }", "{ processing: [BR], storage: [BR] }", StringComparison.Ordinal) + $"store: {{ postgresql: \"${{PG}}\"{placement} }}\n";

        Assert.Empty(_folder.Errors(Text(", placement: { storage: [BR] }")));
        Assert.Contains("passes the PostgreSQL database, which the policy `p` does not permit: where it is stored is not known", Assert.Single(_folder.Errors(Text(""))), StringComparison.Ordinal);
        Assert.Contains("it may be stored in US", Assert.Single(_folder.Errors(Text(", placement: { storage: [BR, US] }"))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_Redis_that_stands_elsewhere_than_a_tenant_s_data_may_is_refused()
    {
        _folder.Variables["REDIS"] = "redis:6379";
        string Text(string placement) => Valid.Replace("{ processing: [BR] }", "{ processing: [BR], storage: [BR] }", StringComparison.Ordinal) + $"redis: {{ connection: \"${{REDIS}}\"{placement} }}\n";

        Assert.Empty(_folder.Errors(Text(", placement: { storage: [BR] }")));
        Assert.Contains("passes Redis, which the policy `p` does not permit: where it is stored is not known", Assert.Single(_folder.Errors(Text(""))), StringComparison.Ordinal);
        Assert.Contains("redis.placement.storage[0]", Assert.Single(_folder.Errors(Text(", placement: { storage: [XX] }"))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_be_looser_must_say_so()
    {
        var text = Valid.Replace("{ processing: [BR] } }", "{ processing: [BR] }, personal: { processing: [BR, US] } }, allow_looser: true", StringComparison.Ordinal);

        Assert.Empty(_folder.Errors(text));
    }

    [Theory]
    [InlineData(", policy: p", "", "the tenant `t` has no policy, so only local deployments answer it; its requests for `r` get a 403. Write `policy`, and in `policies` where its data may go")]
    [InlineData("{ processing: [BR] }", "{ trains: false }", "does not say where it may be processed, so only local deployments answer it; write `processing`, `local_only: true` or `anywhere: true`")]
    [InlineData("{ processing: [BR] }", "{ processing: [BR], weights_origin: [FR] }", "permits none of the deployments, so requests of this class get a 403")]
    [InlineData("{ public: { processing", "{ internal: { processing", "does not mention the class `public`, so only local deployments answer it, though a more sensitive one may go further")]
    [InlineData(Placement, "stream_usage: true", "nothing is known of where the deployment `d` is, so no policy that asks for it permits it; write `placement`")]
    [InlineData("{ processing: [BR] }", "{ processing: [BR], deny_operators: [Acne] }", "no placement names the operator `Acne`; did you mean `Acme`?")]
    public void What_permits_less_than_its_author_may_think_is_worth_a_warning(string passage, string replacement, string warning)
    {
        var remote = Valid.Replace("models:\n", "models:\n  - { name: r, deployments: [d] }\n", StringComparison.Ordinal).Replace("models: [m]", "models: [m, r]", StringComparison.Ordinal);
        Assert.Contains(passage, remote, StringComparison.Ordinal);

        var result = _folder.Load(remote.Replace(passage, replacement, StringComparison.Ordinal));

        Assert.Empty(_folder.Lines(result.Errors));
        Assert.Contains(_folder.Lines(result.Warnings), w => w.Contains(warning, StringComparison.Ordinal));
    }

    [Fact]
    public void The_catalogue_only_suggests()
    {
        var text = Valid.Replace("https://llm.example.com/v1", "https://api.mistral.ai/v1", StringComparison.Ordinal).Replace(", " + Placement, "", StringComparison.Ordinal);

        var result = _folder.Load(text);

        Assert.Contains("The catalogue of 2026-01-15 has for Mistral AI: operator Mistral AI of FR (https://mistral.ai/terms); whether that holds for yours is for you to say", _folder.Lines(result.Warnings)[0], StringComparison.Ordinal);
        var residency = new Gateway.Residency.ResidencyModel(result.Config!);
        Assert.Null(residency.PlacementOf("d").OperatorCountry);
    }
}
