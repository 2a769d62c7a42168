using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Residency;
using Gateway.Residency.Guard;
using Gateway.Routing;
using Gateway.Stores;
using Gateway.Tenants;
using Gateway.Tenants.Jwt;
using Gateway.Tenants.Keys;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>
/// Keys made at run time, by the million: time to load and memory. Then what authentication costs, alone and as a part of a whole request's processor time.
/// </summary>
internal static class KeysBenchmark
{
    private const int Iterations = 200_000;
    private const int RequestsPerRound = 20_000;
    private const int Rounds = 5;
    private const string Issuer = "https://issuer.example";

    public static async Task<int> RunAsync(int count)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        await using var store = new SqliteStore(Path.Combine(folder, SqliteStore.FileName), TimeProvider.System);
        var key = await FillAsync(store, count);

        var directory = new KeyDirectory(TimeProvider.System);
        using var refresh = new KeyRefresh(
            store, new KeyStore(store, new AdminActStore(store, TimeProvider.System)), directory, TimeProvider.System, NullLogger<KeyRefresh>.Instance);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await refresh.RefreshAsync(CancellationToken.None);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        var loaded = Stopwatch.GetElapsedTime(started);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"keys: {directory.Count} loaded from SQLite in {loaded.TotalMilliseconds:F0} ms ({cpu.TotalMilliseconds:F0} ms of the processor), {bytes / (double)directory.Count:F0} bytes each, {bytes >> 20} MB in all");

        started = Stopwatch.GetTimestamp();
        await refresh.RefreshAsync(CancellationToken.None);
        Console.WriteLine($"keys: a look for changes, without any: {Stopwatch.GetElapsedTime(started).TotalMicroseconds:F0} us");

        await MeasureCredentialsAsync(folder, directory, key);
        await MeasureRequestsAsync(folder, key);
        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static async Task MeasureCredentialsAsync(string folder, KeyDirectory directory, string key)
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwks = Path.Combine(folder, "jwks.json");
        await File.WriteAllTextAsync(jwks, Jwks(rsa, ec));
        var config = Config(jwks);
        var connector = new GuardedConnector(System.Net.Dns.GetHostAddressesAsync, NullLogger<GuardedConnector>.Instance);
        using var issuers = new JwtIssuers(connector, TimeProvider.System, NullLogger<SigningKeys>.Instance);
        var residency = new ResidencyModel(config);
        var gateway = new GatewayModel(AccessModel.Of(config, residency, issuers.Build(config)), FrozenDictionary<string, ModelModel>.Empty, residency, privacy: null!, ledger: null!, 0, []);
        var authenticator = new Authenticator(directory, new TokenValidator(TimeProvider.System), TimeProvider.System);
        foreach (var (name, credential, iterations) in new[]
        {
            ("declared key", Child.Key, Iterations),
            ("key made at run time", key, Iterations),
            ("unknown key", ApiKey.Generate(), Iterations),
            ("token, RS256", Token("RS256", data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), Iterations / 20),
            ("token, ES256", Token("ES256", data => ec.SignData(data, HashAlgorithmName.SHA256)), Iterations / 20),
        })
        {
            await LoopAsync(authenticator, gateway, credential, iterations / 4);
            var allocated = GC.GetTotalAllocatedBytes();
            var started = Stopwatch.GetTimestamp();
            await LoopAsync(authenticator, gateway, credential, iterations);
            Console.WriteLine(
                $"keys: {name}: {Stopwatch.GetElapsedTime(started).TotalNanoseconds / iterations:F0} ns, {(GC.GetTotalAllocatedBytes() - allocated) / iterations} bytes allocated");
        }
    }

    private static async Task LoopAsync(Authenticator authenticator, GatewayModel gateway, string credential, int iterations)
    {
        for (var i = 0; i < iterations; i++)
        {
            await authenticator.AuthenticateAsync(gateway, credential, CancellationToken.None);
        }
    }

    // The same gateway and store: one of its million keys against the one that the file declares.
    private static async Task MeasureRequestsAsync(string folder, string key)
    {
        using var upstream = await Child.StartRoleAsync("upstream", "http://127.0.0.1:0");
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            models: [{ name: gpt-4o-mini, deployments: [upstream] }]
            deployments: [{ name: upstream, kind: openai-compatible, base_url: "{{upstream.Url}}/v1" }]
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, policy: open, models: ["*"], keys: [{ name: k, sha256: {{Child.KeyHash}} }] }]
            """);
        var started = Stopwatch.GetTimestamp();
        using var gateway = await Child.StartGatewayAsync(folder);
        using (var client = new HttpClient())
        {
            while ((await client.GetAsync(new Uri(gateway.Url + "/readyz"))).StatusCode != System.Net.HttpStatusCode.OK)
            {
                await Task.Delay(50);
            }
        }

        Console.WriteLine($"keys: the gateway with them is ready after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        await ProxyBenchmark.LoadAsync(gateway, RequestsPerRound * 2);
        var ratios = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var declared = await ProxyBenchmark.LoadAsync(gateway, RequestsPerRound);
            var made = await ProxyBenchmark.LoadAsync(gateway, RequestsPerRound, key);
            ratios.Add(made.Cpu / declared.Cpu);
            Console.WriteLine($"keys: CPU per request: declared key {declared.Cpu:F1} us, one of the store's {made.Cpu:F1} us, ratio {made.Cpu / declared.Cpu:F2}");
        }

        ratios.Sort();
        Console.WriteLine($"keys: key of the store / declared key, CPU per request, median of {Rounds}: {ratios[Rounds / 2]:F2}x");
    }

    private static async Task<string> FillAsync(SqliteStore store, int count)
    {
        await using var connection = await store.OpenAsync(CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync();
        await using var insertKey = connection.CreateCommand(
            "INSERT INTO api_keys (id, tenant, name, prefix, scope, created_at, created_by, change) VALUES (@id, 't', 'benchmark', 'gw_01234567', @scope, @at, 'root', 1)",
            ("id", ""), ("scope", ScopeJson.Write(KeyScope.Everything)), ("at", 0L));
        await using var insertSecret = connection.CreateCommand("INSERT INTO api_key_secrets (sha256, key_id) VALUES (@sha256, @id)", ("sha256", ""), ("id", ""));
        (insertKey.Transaction, insertSecret.Transaction) = (transaction, transaction);
        var key = "";
        for (var i = 0; i < count; i++)
        {
            key = ApiKey.Generate();
            insertKey.Parameters["id"].Value = insertSecret.Parameters["id"].Value = KeyId.Create().ToString();
            insertKey.Parameters["at"].Value = (long)i;
            insertSecret.Parameters["sha256"].Value = KeyHash.Of(key).ToString();
            await insertKey.ExecuteNonQueryAsync();
            await insertSecret.ExecuteNonQueryAsync();
        }

        await using var change = connection.CreateCommand("UPDATE api_key_changes SET latest = 1");
        change.Transaction = transaction;
        await change.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return key;
    }

    private static GatewayConfig Config(string jwks) => new()
    {
        Tenants = [new() { Name = "t", Models = ["*"], Keys = [new() { Name = "k", Sha256 = Child.KeyHash }] }],
        Jwt = [new() { Name = "i", Issuer = Issuer, Audiences = ["gateway"], Jwks = jwks }],
    };

    private static string Token(string algorithm, Func<byte[], byte[]> sign)
    {
        var expires = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        var signed = Encode($$"""{"alg":"{{algorithm}}","kid":"{{algorithm}}"}""") + "."
            + Encode(string.Create(CultureInfo.InvariantCulture, $$"""{"iss":"{{Issuer}}","aud":"gateway","sub":"user","tenant":"t","exp":{{expires}}}"""));
        return signed + "." + Base64Url(sign(Encoding.ASCII.GetBytes(signed)));
    }

    private static string Jwks(RSA rsa, ECDsa ec)
    {
        var (r, e) = (rsa.ExportParameters(includePrivateParameters: false), ec.ExportParameters(includePrivateParameters: false));
        return $$"""
            {"keys":[{"kty":"RSA","kid":"RS256","n":"{{Base64Url(r.Modulus!)}}","e":"{{Base64Url(r.Exponent!)}}"},
            {"kty":"EC","kid":"ES256","crv":"P-256","x":"{{Base64Url(e.Q.X!)}}","y":"{{Base64Url(e.Q.Y!)}}"}]}
            """;
    }

    private static string Encode(string json) => Base64Url(Encoding.UTF8.GetBytes(json));

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
