namespace Gateway.Residency.Guard;

/// <summary>What lies behind an address.</summary>
internal enum AddressKind
{
    /// <summary>A host of the internet.</summary>
    Public,

    /// <summary>A host of a private network.</summary>
    Private,

    /// <summary>This machine.</summary>
    Loopback,

    /// <summary>Nothing that an API is ever at: metadata of a cloud, link-local, multicast, unspecified, reserved, or another address in disguise.</summary>
    Refused,
}
