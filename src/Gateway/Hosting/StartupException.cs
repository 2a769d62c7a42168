namespace Gateway.Hosting;

/// <summary>The gateway cannot start; the message tells the operator why and what to do, one problem a line.</summary>
internal sealed class StartupException(string message) : Exception(message);
