using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Hosting;
using Gateway.Tenants;

namespace Gateway.Tests.Tenants;

public sealed class KeyTests : IDisposable
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_generated_key_has_its_prefix_its_length_and_its_checksum()
    {
        var keys = Enumerable.Range(0, 200).Select(_ => ApiKey.Generate()).ToList();

        Assert.Equal(keys.Count, keys.Distinct(StringComparer.Ordinal).Count());
        Assert.All(keys, key =>
        {
            Assert.Matches(new Regex("^gw_[0-9A-Za-z]{49}$"), key);
            var number = key[^6..].Aggregate(0L, (n, digit) => (n * 62) + Digits.IndexOf(digit, StringComparison.Ordinal));
            var expected = SHA256.HashData(Encoding.ASCII.GetBytes(key[..^6])).Take(4).Aggregate(0L, (n, b) => (n << 8) | b);
            Assert.Equal(expected, number);
        });
    }

    [Theory]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("caf\u00E9", "850f7dc43910ff890f8879c0ed26fe697c93a067ad93a7d50f466a7028a9bf4e")]
    public void A_hash_is_the_sha256_of_the_keys_text(string key, string hex)
    {
        Assert.Equal(hex, KeyHash.Of(key).ToString());
        Assert.Equal(KeyHash.Of(key), KeyHash.FromHex(hex));
        Assert.Equal(KeyHash.Of(key).GetHashCode(), KeyHash.FromHex(hex.ToUpperInvariant()).GetHashCode());
        Assert.NotEqual(KeyHash.Of(key), KeyHash.Of(key + " "));
        Assert.False(KeyHash.Of(key).Equals("not a hash"));
    }

    [Fact]
    public void The_demonstration_key_is_made_once_and_kept_for_its_owner_only()
    {
        var folder = Path.Combine(_folder, "a", "b");
        var made = DemoKey.Get(null, folder);
        var kept = DemoKey.Get("", folder);

        Assert.Equal(made.Value, kept.Value);
        Assert.StartsWith("made now", made.Origin, StringComparison.Ordinal);
        Assert.StartsWith("kept in", kept.Origin, StringComparison.Ordinal);
        var file = Assert.Single(Directory.GetFiles(folder));
        Assert.Equal(made.Value, File.ReadAllText(file).Trim());
        AssertPrivate(file);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("caf\u00E9")]
    public void A_file_that_holds_no_key_is_written_anew_and_made_private(string content)
    {
        var file = Path.Combine(_folder, "demo-key");
        File.WriteAllText(file, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        var key = DemoKey.Get(null, _folder);

        Assert.Matches("^gw_", key.Value);
        Assert.Equal(key.Value, File.ReadAllText(file).Trim());
        AssertPrivate(file);
    }

    [Fact]
    public void The_variable_goes_before_the_file_and_writes_nothing()
    {
        Assert.Equal("from-outside", DemoKey.Get("from-outside", _folder).Value);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("caf\u00E9")]
    [InlineData("line\n")]
    public void A_variable_that_no_client_could_send_is_refused(string value) =>
        Assert.Contains(DemoKey.Variable, Assert.Throws<StartupException>(() => DemoKey.Get(value, _folder)).Message, StringComparison.Ordinal);

    [Fact]
    public void Where_nothing_can_be_written_the_key_lasts_for_the_run()
    {
        // Below a file there is no folder, not even for root.
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var key = DemoKey.Get(null, Path.Combine(file, "folder"));

        Assert.Matches("^gw_", key.Value);
        Assert.Contains("for this run only", key.Origin, StringComparison.Ordinal);
    }

    private static void AssertPrivate(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }
}
