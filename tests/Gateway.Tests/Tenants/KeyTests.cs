using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
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
            Assert.Equal(Zlib(key[..^6]), number);
            Assert.True(ApiKey.IsWellFormed(key));
        });
    }

    [Fact]
    public void A_slip_of_one_character_anywhere_is_seen()
    {
        var key = ApiKey.Generate();
        for (var i = 0; i < key.Length; i++)
        {
            foreach (var other in Digits.Where(d => d != key[i]))
            {
                Assert.False(ApiKey.IsWellFormed(string.Concat(key.AsSpan(0, i), other.ToString(), key.AsSpan(i + 1))));
            }
        }

        Assert.False(ApiKey.IsWellFormed(key.AsSpan()[..^1]));
        Assert.False(ApiKey.IsWellFormed(key + "0"));
        Assert.False(ApiKey.IsWellFormed(""));
    }

    [Fact]
    public void What_lists_show_of_a_key_is_its_beginning_and_little_of_it()
    {
        var key = ApiKey.Generate();

        Assert.Equal(11, ApiKey.Shown(key).Length);
        Assert.StartsWith(ApiKey.Shown(key), key, StringComparison.Ordinal);
    }

    [Fact]
    public void The_id_of_a_declared_key_stays_when_its_hash_changes_and_is_no_other_keys()
    {
        Assert.Equal(KeyModel.IdOf("clinic", "app"), KeyModel.IdOf("clinic", "app"));
        Assert.NotEqual(KeyModel.IdOf("clinic", "app"), KeyModel.IdOf("clinic", "app2"));
        Assert.NotEqual(KeyModel.IdOf("clinic", "app"), KeyModel.IdOf("other", "app"));
        Assert.Matches("^key_[0-9a-f]{16}$", KeyModel.IdOf("clinic", "app"));
    }

    [Fact]
    public void An_id_reads_back_as_it_was_written_and_nothing_else_is_one()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<ulong>(n => KeyId.TryParse(new KeyId(n).ToString(), out var id) && id.Value == n));
        foreach (var text in new[] { "", "key_", "key_0123456789abcde", "key_0123456789abcdef0", "key_0123456789ABCDEF", "kay_0123456789abcdef", "key_0123456789abcde'", "key_ 123456789abcdef" })
        {
            Assert.False(KeyId.TryParse(text, out _));
        }
    }

    // An independent CRC-32: the trailer of gzip (RFC 1952) holds it.
    private static long Zlib(string text)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.NoCompression))
        {
            gzip.Write(Encoding.ASCII.GetBytes(text));
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(output.ToArray().AsSpan()[^8..]);
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
