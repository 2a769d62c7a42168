namespace Gateway.Exchanges;

/// <summary>How sensitive a request is. Rising: a caller may raise it, never lower it.</summary>
internal enum DataClass
{
    /// <summary>Fit to be published.</summary>
    Public,

    /// <summary>Of the organisation, about nobody in particular.</summary>
    Internal,

    /// <summary>About people.</summary>
    Personal,

    /// <summary>Under a duty of secrecy: health, justice, security.</summary>
    Restricted,
}
