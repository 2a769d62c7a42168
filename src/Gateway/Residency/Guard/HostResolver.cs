using System.Net;

namespace Gateway.Residency.Guard;

/// <summary>The addresses of a host, as DNS and this machine's own tables have them at the moment.</summary>
internal delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);
