using System.Collections.Immutable;

namespace Gateway.Privacy;

/// <summary>What the detectors know. The names that the outside sees are <see cref="PersonalDataKinds.Names"/>.</summary>
internal enum PersonalDataKind : byte
{
    Email,
    Phone,
    PaymentCard,
    Iban,
    IpAddress,
    Coordinates,
    BrCpf,
    BrCnpj,
    ClRut,
    ArCuit,
    ArDni,
    MxCurp,
    MxRfc,
    CoNit,
    CoCedula,
    PeRuc,
    PeDni,
    UyCi,
    EcCedula,
    InAadhaar,
    InPan,
    ZaId,
    NgNin,
    NgBvn,
    KeId,
    KeKraPin,
    GhCard,
    EgNid,
    IdNik,
    PkCnic,
    BdNid,
    PhPhilsys,
    PhTin,
    VnCccd,
    ThId,
    Passport,
}

internal static class PersonalDataKinds
{
    public const int Count = (int)PersonalDataKind.Passport + 1;

    /// <summary>By kind: its name in configuration, metrics, the ledger and placeholders.</summary>
    public static readonly ImmutableArray<string> Names =
    [
        "email", "phone", "payment_card", "iban", "ip_address", "coordinates", "br_cpf", "br_cnpj", "cl_rut", "ar_cuit", "ar_dni", "mx_curp", "mx_rfc", "co_nit", "co_cedula",
        "pe_ruc", "pe_dni", "uy_ci", "ec_cedula", "in_aadhaar", "in_pan", "za_id", "ng_nin", "ng_bvn", "ke_id", "ke_kra_pin", "gh_card", "eg_nid", "id_nik", "pk_cnic", "bd_nid",
        "ph_philsys", "ph_tin", "vn_cccd", "th_id", "passport",
    ];

    public static string Name(this PersonalDataKind kind) => Names[(int)kind];

    public static KindSet Set(this PersonalDataKind kind) => new(1UL << (int)kind);
}

/// <summary>Some of the kinds.</summary>
internal readonly record struct KindSet(ulong Bits)
{
    public bool IsEmpty => Bits == 0;

    public bool IsOne => System.Numerics.BitOperations.IsPow2(Bits);

    public bool Has(PersonalDataKind kind) => (Bits & (1UL << (int)kind)) != 0;

    public static KindSet operator |(KindSet left, KindSet right) => new(left.Bits | right.Bits);

    public static KindSet operator &(KindSet left, KindSet right) => new(left.Bits & right.Bits);
}
