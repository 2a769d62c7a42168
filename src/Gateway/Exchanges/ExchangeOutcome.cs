namespace Gateway.Exchanges;

/// <summary>How an exchange ended.</summary>
internal enum ExchangeOutcome
{
    /// <summary>Answered.</summary>
    Ok,

    /// <summary>Refused by the gateway, as the error says.</summary>
    Refused,

    /// <summary>The client went away before the end.</summary>
    ClientGone,

    /// <summary>The deployment could not be reached, or did not answer as it should.</summary>
    UpstreamError,

    /// <summary>The gateway failed.</summary>
    Error,
}
