using System.Collections.Frozen;

namespace Gateway.Residency;

/// <summary>
/// Groups of countries that lists may name, as of January 2026. Full members only; territories with a code of their own, such as RE or PR, are in none.
/// Where membership is not settled a country is left out, for a group permits.
/// </summary>
internal static class CountryGroups
{
    private const string Eu = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE";

    /// <summary>
    /// The abbreviation of the African Union is also ISO's code of Australia. In a list that may hold both it could mean either, so it is refused there.
    /// </summary>
    public const string Ambiguous = "AU";

    public const string AmbiguousInWords = "is the code of Australia and the abbreviation of the African Union; write `AUSTRALIA` or `AFRICAN_UNION`";

    public static readonly FrozenDictionary<string, CountrySet> Known = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["EU"] = Eu,
        ["EEA"] = Eu + " IS LI NO",
        ["EFTA"] = "CH IS LI NO",

        // Bolivia since 2024; Venezuela is suspended.
        ["MERCOSUR"] = "AR BO BR PY UY",
        ["ANDEAN"] = "BO CO EC PE",
        ["LATAM"] = "AR BO BR CL CO CR CU DO EC SV GT HT HN MX NI PA PY PE UY VE",
        ["CARICOM"] = "AG BS BB BZ DM GD GY HT JM MS KN LC VC SR TT",
        ["AFRICAN_UNION"] =
            "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML MR MU MA MZ NA NE NG RW ST SN SC SL SO ZA SS SD TZ TG TN UG EH ZM ZW",

        // Burkina Faso, Mali and Niger left in 2025.
        ["ECOWAS"] = "BJ CV CI GM GH GN GW LR NG SN SL TG",
        ["EAC"] = "BI CD KE RW SO SS TZ UG",
        ["SADC"] = "AO BW KM CD SZ LS MG MW MU MZ NA SC ZA TZ ZM ZW",

        // Timor-Leste since 2025.
        ["ASEAN"] = "BN KH ID LA MY MM PH SG TH TL VN",
        ["GCC"] = "BH KW OM QA SA AE",
        ["CPLP"] = "AO BR CV GQ GW MZ PT ST TL",

        // Saudi Arabia was invited and has not said that it joined.
        ["BRICS"] = "BR CN EG ET IN ID IR RU ZA AE",
        ["AUSTRALIA"] = "AU",
    }.ToFrozenDictionary(g => g.Key, g => new CountrySet(g.Value.Split(' ')), StringComparer.Ordinal);
}
