namespace Gateway.Residency.Guard;

/// <summary>No connection was made because none may be. An exception, for it goes through <see cref="SocketsHttpHandler"/>, which knows no other way.</summary>
/// <param name="reason">For the client: names no address.</param>
internal sealed class ConnectRefusedException(string reason) : IOException(reason);
