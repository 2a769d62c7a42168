namespace Gateway.Tests.Privacy.Corpus;

/// <summary>What people write around values, in eight languages, and what they write that looks like values and is none.</summary>
internal static class Phrases
{
    /// <summary>By language: sentences with a label {l} before, or after, a value {v}.</summary>
    public static readonly Dictionary<string, string[]> Before = new()
    {
        ["en"] = ["{l}: {v}", "{l} {v}", "Applicant's {l} - {v}", "We have your {l} on record as {v}, is that right?", "Update the file with {l} {v} today.", "Her {l} ({v}) was rejected at the counter.", "\"{k}\": \"{v}\"", "{k}={v}", "Kindly verify the {l} {v} for me"],
        ["es"] = ["{l}: {v}", "{l} {v}", "El {l} del solicitante es {v}.", "Necesito validar {l} {v} hoy mismo", "Quedó registrado con {l} {v}, gracias", "Adjunto {l} ({v}) para el trámite", "\"{k}\": \"{v}\"", "{k}={v}"],
        ["pt"] = ["{l}: {v}", "{l} {v}", "O {l} da paciente é {v}.", "Favor conferir {l} {v} no cadastro", "Atualizei o {l} para {v}, obrigado", "Anexo {l} ({v}) do titular", "\"{k}\": \"{v}\"", "{k}={v}"],
        ["fr"] = ["{l} : {v}", "{l} {v}", "Le {l} du demandeur est {v}.", "Merci de vérifier {l} {v} au plus vite", "Nous avons noté {l} {v} dans la fiche", "Son {l} ({v}) est refusé", "\"{k}\": \"{v}\"", "{k}={v}"],
        ["hi"] = ["{l}: {v}", "{l} {v}", "आवेदक का {l} {v} है।", "कृपया {l} {v} की जाँच करें", "मेरा {l} ({v}) दर्ज करें", "{l} - {v}", "{k}={v}"],
        ["id"] = ["{l}: {v}", "{l} {v}", "{l} pemohon adalah {v}.", "Tolong cek {l} {v} sekarang", "Data dengan {l} ({v}) sudah masuk", "{l} saya {v}, mohon dibantu", "\"{k}\": \"{v}\"", "{k}={v}"],
        ["ar"] = ["{l}: {v}", "{l} {v}", "{l} الخاص بالعميل هو {v}.", "أرجو التحقق من {l} {v} اليوم", "تم تسجيل {l} ({v}) في الملف", "{k}={v}"],
        ["sw"] = ["{l}: {v}", "{l} {v}", "{l} ya mwombaji ni {v}.", "Tafadhali hakiki {l} {v} leo", "Tumeandika {l} ({v}) kwenye faili", "{l} yake ni {v}, asante", "\"{k}\": \"{v}\"", "{k}={v}"],
    };

    public static readonly Dictionary<string, string[]> After = new()
    {
        ["en"] = ["{v} is the applicant's {l}.", "{v} ({l})", "Please check {v}, the {l} she gave us."],
        ["es"] = ["{v} es el {l} del cliente.", "{v} ({l})", "Revisa {v}, que es su {l}."],
        ["pt"] = ["{v} é o {l} dela.", "{v} ({l})", "Confira {v}, que é o {l} do cliente."],
        ["fr"] = ["{v} est son {l}.", "{v} ({l})", "Vérifiez {v}, c'est le {l} du client."],
        ["hi"] = ["{v} मेरा {l} है।", "{v} ({l})"],
        ["id"] = ["{v} adalah {l} saya.", "{v} ({l})"],
        ["ar"] = ["{v} هو {l}.", "{v} ({l})"],
        ["sw"] = ["{v} ni {l} yake.", "{v} ({l})"],
    };

    /// <summary>Labels by kind; a language before a colon, none for all of them.</summary>
    public static readonly Dictionary<string, string[]> Labels = new()
    {
        ["email"] = ["email", "es:correo electrónico", "pt:e-mail", "fr:adresse e-mail", "hi:ईमेल", "id:alamat surel", "ar:البريد الإلكتروني", "sw:barua pepe"],
        ["phone"] = ["WhatsApp", "en:mobile", "en:phone number", "es:celular", "es:teléfono de contacto", "pt:celular", "pt:telefone", "fr:téléphone", "fr:numéro de portable", "hi:मोबाइल नंबर", "hi:फ़ोन", "id:nomor HP", "id:telepon", "ar:رقم الجوال", "ar:هاتف", "sw:nambari ya simu", "sw:simu"],
        ["payment_card"] = ["en:card number", "en:credit card", "es:tarjeta de crédito", "es:número de tarjeta", "pt:cartão de crédito", "pt:número do cartão", "fr:carte bancaire", "fr:numéro de carte", "hi:कार्ड नंबर", "hi:क्रेडिट कार्ड", "id:kartu kredit", "id:nomor kartu", "ar:رقم البطاقة الائتمانية", "ar:بطاقة الائتمان", "sw:kadi ya benki", "sw:nambari ya kadi"],
        ["iban"] = ["IBAN", "en:bank account (IBAN)", "ar:الآيبان", "es:cuenta IBAN", "hi:IBAN नंबर", "id:nomor IBAN"],
        ["ip_address"] = ["IP", "en:IP address", "es:dirección IP", "pt:endereço IP", "fr:adresse IP", "hi:आईपी पता", "id:alamat IP", "ar:عنوان IP", "sw:anwani ya IP"],
        ["coordinates"] = ["GPS", "en:coordinates", "es:coordenadas", "pt:coordenadas", "fr:coordonnées GPS", "hi:निर्देशांक", "id:koordinat", "ar:الإحداثيات", "sw:viwianishi"],
        ["br_cpf"] = ["CPF", "pt:número do CPF", "en:Brazilian CPF", "es:CPF brasileño"],
        ["br_cnpj"] = ["CNPJ", "pt:CNPJ da empresa", "en:CNPJ number"],
        ["cl_rut"] = ["RUT", "es:RUN", "es:RUT del titular", "en:Chilean RUT"],
        ["ar_cuit"] = ["CUIT", "CUIL", "es:número de CUIL"],
        ["ar_dni"] = ["DNI argentino", "es:DNI", "es:documento nacional de identidad", "en:Argentine DNI", "pt:DNI argentino"],
        ["mx_curp"] = ["CURP", "es:clave CURP"],
        ["mx_rfc"] = ["RFC", "es:RFC del contribuyente"],
        ["co_nit"] = ["NIT", "es:NIT de la empresa"],
        ["co_cedula"] = ["es:cédula de ciudadanía", "es:C.C.", "es:cédula", "en:Colombian cédula", "pt:cédula colombiana", "fr:cédula colombienne"],
        ["pe_ruc"] = ["RUC", "es:número de RUC"],
        ["pe_dni"] = ["es:DNI", "es:DNI peruano", "en:Peruvian DNI", "fr:DNI péruvien", "pt:DNI peruano"],
        ["uy_ci"] = ["es:cédula de identidad", "es:C.I.", "es:cédula uruguaya", "en:Uruguayan CI", "pt:C.I. uruguaia"],
        ["ec_cedula"] = ["es:cédula ecuatoriana", "es:cédula", "es:cédula de identidad", "en:Ecuadorian cédula", "fr:cédula équatorienne"],
        ["in_aadhaar"] = ["Aadhaar", "en:Aadhaar no.", "hi:आधार संख्या", "hi:आधार कार्ड", "en:UIDAI number"],
        ["in_pan"] = ["PAN", "en:PAN card", "hi:पैन कार्ड", "hi:पैन नंबर", "en:Permanent Account Number"],
        ["za_id"] = ["en:South African ID", "en:SA ID no", "en:RSA ID number", "fr:carte d'identité sud-africaine", "sw:kitambulisho cha Afrika Kusini"],
        ["ng_nin"] = ["NIN", "en:National Identification Number", "en:NIN slip number"],
        ["ng_bvn"] = ["BVN", "en:Bank Verification Number", "en:BVN no"],
        ["ke_id"] = ["en:Kenyan ID", "en:Kenya national ID number", "sw:kitambulisho", "sw:nambari ya kitambulisho", "sw:nambari ya kitambulisho cha taifa", "en:national ID no", "en:ID number (Kenya)"],
        ["ke_kra_pin"] = ["KRA PIN", "en:iTax PIN", "sw:PIN ya KRA"],
        ["gh_card"] = ["Ghana Card", "en:Ghana Card number", "en:NIA card"],
        ["eg_nid"] = ["en:Egyptian ID", "ar:الرقم القومي", "ar:رقم البطاقة", "ar:رقم الهوية", "fr:carte d'identité égyptienne", "en:national ID"],
        ["id_nik"] = ["NIK", "id:No. KTP", "id:KTP", "id:nomor induk kependudukan", "en:Indonesian NIK"],
        ["pk_cnic"] = ["CNIC", "en:CNIC no", "en:Pakistani ID card", "ar:بطاقة الهوية الباكستانية"],
        ["bd_nid"] = ["en:NID", "en:Bangladesh NID", "en:smart NID card", "hi:बांग्लादेशी पहचान पत्र"],
        ["ph_philsys"] = ["PhilSys", "en:PhilSys card number", "en:PhilID", "en:Philippine national ID"],
        ["ph_tin"] = ["TIN", "en:BIR TIN", "en:taxpayer identification number"],
        ["vn_cccd"] = ["CCCD", "en:Vietnamese ID", "en:citizen ID card", "fr:carte d'identité vietnamienne", "en:căn cước công dân"],
        ["th_id"] = ["en:Thai ID card", "en:Thai citizen number", "id:nomor identitas Thailand", "fr:carte d'identité thaïlandaise", "en:Thai national ID"],
        ["passport"] = ["en:passport", "en:passport no.", "es:pasaporte", "pt:passaporte", "fr:passeport", "hi:पासपोर्ट नंबर", "id:paspor", "ar:رقم جواز السفر", "ar:جواز السفر", "sw:pasipoti", "sw:nambari ya pasipoti"],
    };

    /// <summary>Names of fields in JSON, CSV and the like.</summary>
    public static readonly Dictionary<string, string[]> Keys = new()
    {
        ["email"] = ["user_email", "mail"],
        ["phone"] = ["phoneNumber", "celular", "msisdn", "contact_phone"],
        ["payment_card"] = ["cardNumber", "cc_number"],
        ["iban"] = ["iban", "payee_iban"],
        ["ip_address"] = ["client_ip", "ipAddress", "remote_addr"],
        ["coordinates"] = ["gps", "location"],
        ["br_cpf"] = ["cpf", "cpf_cliente", "numeroCpf"],
        ["br_cnpj"] = ["cnpj", "cnpj_fornecedor"],
        ["cl_rut"] = ["rut", "rut_empresa"],
        ["ar_cuit"] = ["cuit", "cuil_empleado"],
        ["ar_dni"] = ["dni_ar", "dni"],
        ["mx_curp"] = ["curp"],
        ["mx_rfc"] = ["rfc", "rfc_emisor"],
        ["co_nit"] = ["nit"],
        ["co_cedula"] = ["cedula_co", "cedula_ciudadania"],
        ["pe_ruc"] = ["ruc"],
        ["pe_dni"] = ["dni_pe", "dni"],
        ["uy_ci"] = ["ci_uy", "cedula_uy"],
        ["ec_cedula"] = ["cedula_ec", "cedula"],
        ["in_aadhaar"] = ["aadhaar_no", "aadhaarNumber"],
        ["in_pan"] = ["pan", "pan_no"],
        ["za_id"] = ["sa_id", "za_id_number", "south_african_id"],
        ["ng_nin"] = ["nin"],
        ["ng_bvn"] = ["bvn"],
        ["ke_id"] = ["kenya_id", "ke_national_id"],
        ["ke_kra_pin"] = ["kra_pin", "kraPin"],
        ["gh_card"] = ["ghana_card"],
        ["eg_nid"] = ["egypt_national_id", "egyptian_id"],
        ["id_nik"] = ["nik", "no_ktp"],
        ["pk_cnic"] = ["cnic", "cnic_number"],
        ["bd_nid"] = ["nid", "nid_no"],
        ["ph_philsys"] = ["philsys_id", "philsysNumber"],
        ["ph_tin"] = ["tin", "tin_no"],
        ["vn_cccd"] = ["cccd", "so_cccd"],
        ["th_id"] = ["thai_id", "thaiNationalId"],
        ["passport"] = ["passport_no", "pasaporte"],
    };

    /// <summary>Sentences with a value that needs no label: people say what it is by what they do with it, or it can be nothing else.</summary>
    public static readonly Dictionary<string, string[]> Bare = new()
    {
        ["en"] = ["Look up {v} in the register and tell me the status.", "The claim of {v} is still pending."],
        ["es"] = ["Busca {v} en el padrón y cuéntame.", "El reclamo de {v} sigue pendiente."],
        ["pt"] = ["Procure {v} no sistema, por favor.", "O recurso de {v} ainda está em análise."],
        ["fr"] = ["Cherchez {v} dans la base.", "La plainte de {v} est en attente."],
        ["hi"] = ["रजिस्टर में {v} खोजिए।"],
        ["id"] = ["Cari {v} di sistem lalu kabari."],
        ["ar"] = ["ابحث عن {v} في السجل."],
        ["sw"] = ["Tafuta {v} kwenye mfumo."],
    };

    /// <summary>Text without personal data: {d8} stands for as many digits, {h} for hexadecimal ones.</summary>
    public static readonly string[] Clean =
    [
        "Your order {d8} was packed on {date}.", "Invoice {d10} is due on {date} for the amount of 1,{d3},{d3}.00", "Pedido n.º {d7} enviado el {date}", "A nota fiscal {d9} foi emitida em {date}.", "La facture {d8} du {date} est réglée.", "Pesanan {d12} sudah dikirim {date}.", "ऑर्डर {d9} भेज दिया गया है।",
        "تم شحن الطلب رقم {d9} يوم {date}.", "Agizo {d8} limetumwa {date}.", "Barcode {d13} does not scan.", "Código de barras {d13}, precio $ {d2}.{d3}", "Track your parcel {d12} with the courier.", "Rastreio {d11} do seu pacote", "version {d1}.{d2}.{d3} was released", "Please move to v{d1}.{d2}.{d1}-beta before {date}.",
        "The population of the district was {d7} in 2019.", "It grew by {d2}.{d1}% to {d3},{d3} tonnes.", "See section {d1}.{d2}.{d1} of the manual, page {d3}.", "int timeout = {d5}; // {d8} ms", "0x{h8} at offset {d6}", "{h8}-{h4}-{h4}-{h4}-{h12}", "commit {h40}", "The meeting is on {date} at 14:30, room {d3}.", "La reunión es el {date} a las 9:45 en la sala {d3}.",
        "ISBN 978-{d1}-{d4}-{d4}-{d1} is out of print.", "Ley {d5} de 2016, artículo {d2}", "UU No. {d2} Tahun 20{d2}", "sku {d8} qty {d3} price {d5}", "batch: {d10}\nstatus: done\nrows: {d6}", "[{d5}, {d6}, {d4}, {d7}]", "id,qty,total\n{d6},{d2},{d4}\n{d6},{d2},{d5}", "[0.{d6}, -0.{d5}, 0.{d6}, 0.{d6}]", "Ticket #{d7} was closed by the agent.",
        "Explain how rain forms, in two paragraphs.", "Escribe un poema sobre el mar.", "Resuma o texto em três frases.", "Comment fonctionne un barrage ?", "मानसून कब आता है?", "Jelaskan cara membuat tempe.", "ما هي عاصمة المغرب؟", "Eleza maana ya methali hii.", "std::vector<int> a(10); foo::bar();", "The score was 3-2 and the time 01:23:45.", "Ratio 16:9, scale 1:25000, 10.5 x 22.3 cm.",
        "What is a CPF and who needs one?", "How many digits has an Aadhaar number?", "¿Dónde saco el RUT?", "Comment obtenir un passeport ?", "CPF: ***.***.***-**", "DNI: [oculto]", "Apply for the KRA PIN on the portal.", "Reset my phone and email settings", "पैन कार्ड कैसे बनवाएँ?", "Namba ya NIDA inapatikana wapi?",
    ];
}
