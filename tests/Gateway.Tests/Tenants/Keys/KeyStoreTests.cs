using Gateway.Admin;
using Gateway.Stores;
using Gateway.Tenants;
using Gateway.Tenants.Keys;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Tenants.Keys;

/// <summary>What holds of both kinds of store.</summary>
public sealed class KeyStoreTests
{
    private const string Injection = "'; DROP TABLE api_keys; -- \" ${x} \\' %_ \u00E9\u4E2D\uD83D\uDD11";

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AdminAct Act = new("root", "admin", "key.test", "key_0000000000000001", "acme", AdminAct.Done, "req_1");

    [Theory, StoreKinds]
    public async Task What_was_put_in_comes_out(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var keys = KeysOf(test);
        Assert.True(Networks.TryParse("10.0.0.0/8", out var network));
        var key = Key(1) with
        {
            Scope = new KeyScope(["m", "org/n:tag"], ["chat.completions"], [network], "restricted"),
            ExpiresAt = Start.AddDays(90),
        };
        await keys.InsertAsync(key, KeyHash.Of("a"), most: null, Act, default);

        var found = (await keys.FindAsync(key.Id, default))!;

        Assert.Equal(key with { Scope = found.Scope }, found);
        Assert.Equal(ScopeJson.Write(key.Scope), ScopeJson.Write(found.Scope));
        Assert.Null(await keys.FindAsync(new KeyId(2), default));
    }

    [Theory, StoreKinds]
    public async Task Text_that_looks_like_SQL_is_text(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var keys = KeysOf(test);
        var key = Key(1) with { Tenant = Injection, Name = Injection, CreatedBy = Injection, Scope = KeyScope.Everything with { Models = [Injection] } };
        await keys.InsertAsync(key, KeyHash.Of("a"), most: null, Act with { Who = Injection, Object = Injection }, default);
        var acts = new AdminActStore(test.Store, TimeProvider.System);

        Assert.Equal(Injection, Assert.Single(await keys.ListAsync(Injection, after: null, 10, default)).Name);
        Assert.Empty(await keys.ListAsync("' OR '1'='1", new PageCursor(0, "' OR '1'='1"), 10, default));
        Assert.Equal(Injection, Assert.Single(await acts.ListAsync(Everything with { Who = Injection, Object = Injection }, before: null, 10, default)).Who);
        Assert.Empty(await acts.ListAsync(Everything with { Act = "' OR '1'='1" }, before: null, 10, default));
        await foreach (var secret in keys.ReadChangesAsync(0, default))
        {
            Assert.Equal(Injection, secret.Tenant);
            Assert.Equal([Injection], ScopeJson.Read(secret.Scope)!.Models!);
        }
    }

    [Theory, StoreKinds]
    public async Task A_row_that_is_damaged_keeps_no_other_out(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var keys = KeysOf(test);
        await keys.InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await keys.InsertAsync(Key(2), KeyHash.Of("b"), most: null, Act, default);
        await test.ExecuteAsync("UPDATE api_key_secrets SET sha256 = 'damaged' WHERE key_id = 'key_0000000000000001'");

        var secrets = new List<StoredSecret>();
        await foreach (var secret in keys.ReadChangesAsync(0, default))
        {
            secrets.Add(secret);
        }

        Assert.Equal(new KeyId(2), Assert.Single(secrets).Id);
    }

    [Theory, StoreKinds]
    public async Task Pages_have_each_key_once_also_those_of_one_moment(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var keys = KeysOf(test);
        for (var i = 0; i < 25; i++)
        {
            await keys.InsertAsync(Key((ulong)i) with { Tenant = i % 5 == 0 ? "other" : "acme", CreatedAt = Start.AddSeconds(i / 10) }, KeyHash.Of($"{i}"), most: null, Act, default);
        }

        Assert.Equal(25, (await AllAsync(keys, null)).Distinct().Count());
        Assert.Equal(20, (await AllAsync(keys, "acme")).Distinct().Count());
        Assert.Empty(await AllAsync(keys, "nobody"));
    }

    [Theory, StoreKinds]
    public async Task A_change_comes_with_its_act_or_not_at_all(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var keys = KeysOf(test);
        await keys.InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => keys.InsertAsync(Key(2), KeyHash.Of("a"), most: null, Act, default));
        Assert.True(await keys.RevokeAsync(new KeyId(1), Start, Act, default));
        Assert.False(await keys.RevokeAsync(new KeyId(1), Start.AddDays(1), Act, default));
        Assert.False(await keys.RotateAsync(new KeyId(1), KeyHash.Of("b"), "gw_", Start, Start, Act, default));
        Assert.False(await keys.SetExpiryAsync(new KeyId(1), null, Act, default));
        Assert.False(await keys.RevokeAsync(new KeyId(9), Start, Act, default));

        Assert.Equal(["2"], await test.RowsAsync("SELECT COUNT(*) FROM admin_acts"));
        Assert.Equal(2, (await keys.ReadStateAsync(default)).Latest);
        Assert.Equal(Start, (await keys.FindAsync(new KeyId(1), default))!.RevokedAt);
        Assert.Null(await keys.FindAsync(new KeyId(2), default));
    }

    [Theory, StoreKinds]
    public async Task A_rotation_never_makes_an_older_secret_last_longer(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var keys = KeysOf(test);
        await keys.InsertAsync(Key(1), KeyHash.Of("a"), most: null, Act, default);
        await keys.RotateAsync(new KeyId(1), KeyHash.Of("b"), "gw_b", Start, Start.AddHours(1), Act, default);
        await keys.RotateAsync(new KeyId(1), KeyHash.Of("c"), "gw_c", Start, Start.AddHours(24), Act, default);

        var ends = new Dictionary<string, uint>(StringComparer.Ordinal);
        await foreach (var secret in keys.ReadChangesAsync(0, default))
        {
            ends.Add(secret.Hash.ToString(), secret.EndsAt);
        }

        Assert.Equal(Start.AddHours(1).ToUnixTimeSeconds(), ends[KeyHash.Of("a").ToString()]);
        Assert.Equal(Start.AddHours(24).ToUnixTimeSeconds(), ends[KeyHash.Of("b").ToString()]);
        Assert.Equal(RuntimeKey.Never, ends[KeyHash.Of("c").ToString()]);
    }

    // A number that came in sight after a higher one would be passed over by whoever has seen that.
    [Theory, StoreKinds]
    public async Task However_many_write_at_a_time_no_change_is_passed_over(string kind)
    {
        await using var test = await TestStore.CreateAsync(kind);
        var keys = KeysOf(test);
        var directory = new KeyDirectory(TimeProvider.System);
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                await keys.InsertAsync(Key((ulong)((w * 100) + i)), KeyHash.Of($"{w}-{i}"), most: null, Act, default);
            }
        })));
        long seen = 0;
        for (var last = false; !last;)
        {
            last = writing.IsCompleted;
            var latest = (await keys.ReadStateAsync(default)).Latest;
            await foreach (var secret in keys.ReadChangesAsync(seen, default))
            {
                directory.Put(secret);
            }

            seen = latest;
        }

        await writing;
        Assert.Equal(100, directory.Count);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"models":["m"],"data_class":"personal"}""", true)]
    [InlineData("""{"models":["m"],"regions":["BR"]}""", false)]
    [InlineData("""{"networks":["10.0.0.1/8"]}""", false)]
    [InlineData("""{"networks":[null]}""", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    public void A_scope_that_is_not_understood_opens_nothing(string json, bool isRead) => Assert.Equal(isRead, ScopeJson.Read(json) is not null);

    [Fact]
    public void A_cursor_is_read_back_and_other_texts_are_refused()
    {
        Assert.True(PageCursor.TryParse(new PageCursor(17, "key_x").ToString(), out var cursor));
        Assert.Equal(new PageCursor(17, "key_x"), cursor);
        foreach (var text in new[] { "", "x", "!!", "MTc", Convert.ToBase64String("-1:x"u8), Convert.ToBase64String("1:\0"u8), new string('A', 1000), "' OR 1=1 --" })
        {
            Assert.False(PageCursor.TryParse(text, out _), text);
        }
    }

    private static AdminActFilter Everything => new(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));

    private static KeyStore KeysOf(TestStore test) => new(test.Store, new AdminActStore(test.Store, TimeProvider.System));

    private static KeyRecord Key(ulong id) => new(new KeyId(id), "acme", "name", "gw_01234567", KeyScope.Everything, Start, "root");

    private static async Task<List<KeyId>> AllAsync(KeyStore keys, string? tenant)
    {
        var ids = new List<KeyId>();
        for (PageCursor? after = null; ;)
        {
            var page = await keys.ListAsync(tenant, after, 7, default);
            ids.AddRange(page.Select(k => k.Id));
            if (page.Count < 7)
            {
                return ids;
            }

            after = new(StoreTime.ToMicroseconds(page[^1].CreatedAt), page[^1].Id.ToString());
        }
    }
}
