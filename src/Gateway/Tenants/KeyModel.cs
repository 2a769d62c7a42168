using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tenants;

/// <summary>A key that the configuration declares. The key itself is not kept, only its hash.</summary>
/// <param name="Id">See <see cref="IdOf"/>.</param>
/// <param name="Name">Its name, unique within the tenant.</param>
/// <param name="Hash">SHA-256 of the key.</param>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Scope">What it may be used for.</param>
/// <param name="ExpiresAt">From when on it is refused.</param>
internal sealed record KeyModel(string Id, string Name, KeyHash Hash, TenantModel Tenant, KeyScope Scope, DateTimeOffset ExpiresAt)
{
    /// <summary>
    /// The id of a declared key: <c>key_</c> and 16 hexadecimal digits, from its tenant and name. So it is the same on every node, and usage goes on
    /// under it when the key is replaced by another of the name.
    /// </summary>
    public static string IdOf(string tenant, string name) => KeyId.Of(SHA256.HashData(Encoding.UTF8.GetBytes($"declared:{tenant}/{name}"))).ToString();
}
