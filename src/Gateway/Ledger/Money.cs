namespace Gateway.Ledger;

/// <summary>Amounts as the tables have them: whole billionths of a currency's unit.</summary>
internal static class Money
{
    private const decimal NanoPerUnit = 1_000_000_000m;

    /// <summary>An amount in units, of the configuration's at most nine digits before the point and six behind it.</summary>
    public static long ToNano(decimal amount) => (long)(amount * NanoPerUnit);

    /// <summary>The amount in units, exact, without zeros at its end.</summary>
    public static decimal FromNano(long nano) => nano / NanoPerUnit;
}
