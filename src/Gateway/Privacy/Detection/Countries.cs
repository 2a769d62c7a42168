using System.Collections.Frozen;
using static Gateway.Privacy.PersonalDataKind;

namespace Gateway.Privacy.Detection;

/// <summary>Which countries' numbers the kinds are.</summary>
internal static class Countries
{
    private static readonly FrozenDictionary<string, KindSet> ByCode = new Dictionary<string, KindSet>
    {
        ["BR"] = Of(BrCpf, BrCnpj),
        ["CL"] = Of(ClRut),
        ["AR"] = Of(ArCuit, ArDni),
        ["MX"] = Of(MxCurp, MxRfc),
        ["CO"] = Of(CoNit, CoCedula),
        ["PE"] = Of(PeRuc, PeDni),
        ["UY"] = Of(UyCi),
        ["EC"] = Of(EcCedula),
        ["IN"] = Of(InAadhaar, InPan),
        ["ZA"] = Of(ZaId),
        ["NG"] = Of(NgNin, NgBvn),
        ["KE"] = Of(KeId, KeKraPin),
        ["GH"] = Of(GhCard),
        ["EG"] = Of(EgNid),
        ["ID"] = Of(IdNik),
        ["PK"] = Of(PkCnic),
        ["BD"] = Of(BdNid),
        ["PH"] = Of(PhPhilsys, PhTin),
        ["VN"] = Of(VnCccd),
        ["TH"] = Of(ThId),
    }.ToFrozenDictionary();

    /// <summary>What "identity number" can mean.</summary>
    public static KindSet Identity { get; } = Of(BrCpf, MxCurp, InAadhaar, ZaId, NgNin, KeId, GhCard, EgNid, IdNik, PkCnic, BdNid, PhPhilsys, VnCccd, ThId);

    /// <summary>What it can mean in Spanish and Portuguese, and beside a country's name.</summary>
    public static KindSet LatinIdentity { get; } = Of(BrCpf, ClRut, ArCuit, ArDni, MxCurp, CoCedula, PeDni, UyCi, EcCedula, Passport);

    /// <summary>What "tax number" can mean.</summary>
    public static KindSet Tax { get; } = Of(BrCpf, BrCnpj, ClRut, ArCuit, MxRfc, CoNit, PeRuc, InPan, KeKraPin, PhTin, NgNin, GhCard, ThId, IdNik);

    public static KindSet Kinds(string code) => ByCode[code];

    private static KindSet Of(params PersonalDataKind[] kinds) => kinds.Select(k => k.Set()).Aggregate((a, b) => a | b);
}
