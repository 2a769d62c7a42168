using System.Globalization;
using System.Text;

namespace Gateway.Llama.Gguf;

/// <summary>Reads header, metadata and tensor infos. After a length that cannot be, nothing behind it can be told apart, and it stops.</summary>
internal sealed class GgufReader(GgufFile file)
{
    // An empty key of one byte; an empty name, no dimension, type and offset.
    private const int SmallestPair = 8 + 4 + 1;
    private const int SmallestTensor = 8 + 4 + 4 + 8;

    private readonly ByteCursor _cursor = file.CursorAt(0);
    private readonly GgufProblems _problems = file.Found;

    public void Read()
    {
        if (!TryReadHeader(out var tensors, out var pairs) || !TryReadMetadata(pairs))
        {
            return;
        }

        file.HasAllMetadata = true;
        if (!TryReadTensors(tensors))
        {
            return;
        }

        file.HasAllTensors = true;
        if (TryReadAlignment() && tensors > 0 && TryFindData())
        {
            CheckLayout();
        }
    }

    private bool TryReadHeader(out ulong tensors, out ulong pairs)
    {
        (tensors, pairs) = (0, 0);
        Span<byte> magic = stackalloc byte[4];
        if (!_cursor.TryRead(magic) || !magic.SequenceEqual("GGUF"u8))
        {
            _problems.Add("magic", file.Length < 4
                ? Invariant($"the file is not a GGUF file: it has {file.Length} bytes")
                : $"the file is not a GGUF file: it begins with \"{GgufText.Show(magic)}\", not \"GGUF\"");
            return false;
        }

        if (!_cursor.TryReadUInt32(out var version))
        {
            return Ends("version");
        }

        if (version is < 2 or > 3)
        {
            _problems.Add("version", version switch
            {
                1 => "1; libllama reads no files of version 1 any more, only 2 and 3",
                _ when (version & 0xffff) == 0 && version != 0 => Invariant($"{version}; the file is for machines of the other byte order, or broken"),
                _ => Invariant($"{version}; it must be 2 or 3"),
            });
            return false;
        }

        file.Version = version;
        if (!_cursor.TryReadUInt64(out tensors))
        {
            return Ends("tensor_count");
        }

        if (!_cursor.TryReadUInt64(out pairs))
        {
            return Ends("metadata_kv_count");
        }

        // Both before the end: the one does not depend on the other.
        var valid = CheckCount("tensor_count", tensors, GgufLimits.MostTensors, SmallestTensor);
        return CheckCount("metadata_kv_count", pairs, GgufLimits.MostKeys, SmallestPair) && valid;
    }

    private bool CheckCount(string field, ulong count, int most, int smallest)
    {
        var fits = (ulong)(_cursor.Remaining / smallest);
        if (count <= Math.Min(fits, (ulong)most))
        {
            return true;
        }

        _problems.Add(field, count > (ulong)most
            ? Invariant($"{count}; at most {most} are taken")
            : Invariant($"{count}; the {_cursor.Remaining} bytes that follow hold {fits} at most"));
        return false;
    }

    private bool TryReadMetadata(ulong pairs)
    {
        for (var i = 0UL; i < pairs; i++)
        {
            var field = Invariant($"metadata key {i}");
            if (!TryReadString(field, GgufLimits.LongestString, out var bytes))
            {
                return false;
            }

            // One char a byte, so that keys that differ do so as strings too; all that mean something are ASCII.
            var key = Encoding.Latin1.GetString(bytes);
            if (key.Length == 0 || key.Contains('\0', StringComparison.Ordinal))
            {
                _problems.Add(field, key.Length == 0 ? "the key is empty" : $"\"{GgufText.Show(key)}\" holds a NUL");
            }

            field = GgufProblems.KeyField(key);
            if (!TryReadValue(field, out var value))
            {
                return false;
            }

            if (!file.Values.TryAdd(key, value))
            {
                _problems.Add(field, "the key is there twice");
            }

            if (_cursor.Position > GgufLimits.MostMetadataBytes)
            {
                _problems.Add(field, Invariant($"the metadata takes more than {GgufLimits.MostMetadataBytes >> 20} MB"));
                return false;
            }
        }

        return true;
    }

    private bool TryReadValue(string field, out GgufValue value)
    {
        value = null!;
        if (!_cursor.TryReadUInt32(out var type))
        {
            return Ends(field + " type");
        }

        if (type == (uint)GgufValueType.Text)
        {
            var read = TryReadString(field, GgufLimits.LongestString, out var text);
            value = new GgufValue(text);
            return read;
        }

        if (type == (uint)GgufValueType.Array)
        {
            return TryReadArray(field, out value);
        }

        var size = GgufValueTypes.SizeOf((GgufValueType)type);
        if (size == 0)
        {
            _problems.Add(field + " type", Invariant($"{type}; types go from 0 to 12"));
            return false;
        }

        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        if (!_cursor.TryRead(bytes[..size]))
        {
            return Ends(field);
        }

        value = new GgufValue((GgufValueType)type, BitConverter.ToUInt64(bytes));
        return true;
    }

    private bool TryReadArray(string field, out GgufValue value)
    {
        value = null!;
        if (!_cursor.TryReadUInt32(out var type))
        {
            return Ends(field + " element type");
        }

        var elementType = (GgufValueType)type;
        var size = elementType == GgufValueType.Text ? sizeof(ulong) : GgufValueTypes.SizeOf(elementType);
        if (size == 0)
        {
            _problems.Add(field + " element type", elementType == GgufValueType.Array
                ? "an array of arrays; libllama reads none"
                : Invariant($"{type}; types go from 0 to 12"));
            return false;
        }

        if (!_cursor.TryReadUInt64(out var count))
        {
            return Ends(field + " length");
        }

        var fits = _cursor.Remaining / size;
        if (count > (ulong)fits)
        {
            _problems.Add(field + " length", Invariant($"{count} elements; the {_cursor.Remaining} bytes that follow hold {fits} at most"));
            return false;
        }

        value = new GgufValue(elementType, (long)count, _cursor.Position);
        if (elementType != GgufValueType.Text)
        {
            return _cursor.TrySkip((long)count * size) || Ends(field);
        }

        for (var i = 0L; i < (long)count; i++)
        {
            // The text is made only where something is wrong.
            if (!_cursor.TryReadUInt64(out var length) || length > GgufLimits.LongestString || !_cursor.TrySkip((long)length))
            {
                return CannotBe(Invariant($"{field} element {i}"), length, GgufLimits.LongestString);
            }
        }

        return true;
    }

    private bool TryReadAlignment()
    {
        const string Key = "general.alignment";
        if (!file.Values.TryGetValue(Key, out var value))
        {
            return true;
        }

        // Below 32, data lies where libllama's vector code does not take it.
        if (value.UInt32 is { } alignment && alignment >= GgufLimits.DefaultAlignment && (alignment & (alignment - 1)) == 0)
        {
            file.Alignment = alignment;
            return true;
        }

        _problems.AddKey(Key, value.UInt32 is { } wrong
            ? Invariant($"{wrong}; it must be a power of two of at least {GgufLimits.DefaultAlignment}")
            : $"it is {value.TypeName}; it must be u32");
        return false;
    }

    private bool TryReadTensors(ulong tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0UL; i < tensors; i++)
        {
            if (!TryReadTensor(Invariant($"tensor {i}"), names))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryFindData()
    {
        var position = (_cursor.Position + file.Alignment - 1) / file.Alignment * file.Alignment;
        if (position > file.Length)
        {
            return Ends("tensor data");
        }

        file.DataPosition = position;
        return true;
    }

    private bool TryReadTensor(string field, HashSet<string> names)
    {
        if (!TryReadString(field + " name", GgufLimits.LongestString, out var bytes))
        {
            return false;
        }

        var name = Encoding.Latin1.GetString(bytes);
        if (name.Length is 0 or > GgufLimits.LongestTensorName || name.Contains('\0', StringComparison.Ordinal))
        {
            _problems.Add(field + " name", name.Length == 0 ? "it is empty"
                : name.Length > GgufLimits.LongestTensorName ? Invariant($"{name.Length} bytes; at most {GgufLimits.LongestTensorName} are allowed")
                : $"\"{GgufText.Show(name)}\" holds a NUL");
        }

        field = $"tensor \"{GgufText.Show(name)}\"";
        if (!names.Add(name))
        {
            _problems.Add(field, "the name is there twice");
        }

        if (!_cursor.TryReadUInt32(out var rank))
        {
            return Ends(field + " dimensions");
        }

        if (rank is 0 or > GgufLimits.MostDimensions)
        {
            _problems.Add(field + " dimensions", Invariant($"{rank} of them; 1 to {GgufLimits.MostDimensions} are allowed"));
            if (rank > GgufLimits.MostDimensions)
            {
                return false;
            }
        }

        long[] dimensions = [1, 1, 1, 1];
        for (var i = 0; i < rank; i++)
        {
            if (!_cursor.TryReadUInt64(out var length))
            {
                return Ends(field + " dimensions");
            }

            dimensions[i] = (long)length;
        }

        if (!_cursor.TryReadUInt32(out var type) || !_cursor.TryReadUInt64(out var offset))
        {
            return Ends(field);
        }

        file.TensorList.Add(new GgufTensor(name, dimensions, (int)rank, type, offset));
        return true;
    }

    // libllama wants the data of tensors in the order of their infos, each at the next multiple of the alignment.
    private void CheckLayout()
    {
        var available = (ulong)(file.Length - file.DataPosition);
        ulong? expected = 0;
        foreach (var tensor in file.Tensors)
        {
            CheckShape(tensor);
            if (expected is { } next && tensor.Offset != next)
            {
                _problems.Add(tensor.Field + " offset", Invariant($"{tensor.Offset}; it must be {next}, the ")
                    + (next == 0 ? "beginning of the data" : "aligned end of the tensor before")
                    + (tensor.Offset < next ? ": the two overlap" : ""));
            }

            if (tensor.Size is not { } size)
            {
                expected = null;
                continue;
            }

            if (tensor.Offset > available || (ulong)size > available - tensor.Offset)
            {
                _problems.Add(tensor.Field + " data", Invariant(
                    $"{size} bytes from offset {tensor.Offset}; the file has {available} bytes of data: it is cut off, or the numbers are wrong"));
                expected = null;
                continue;
            }

            var alignment = (ulong)file.Alignment;
            expected = (tensor.Offset + (ulong)size + alignment - 1) / alignment * alignment;
        }
    }

    private void CheckShape(GgufTensor tensor)
    {
        if (tensor.Type is not { } type)
        {
            _problems.Add(tensor.Field + " type", GgmlType.IsRemoved(tensor.TypeId)
                ? Invariant($"{tensor.TypeId}; libllama does not read this type any more: the file must be made anew")
                : Invariant($"{tensor.TypeId} is no type that is known"));
        }
        else if (tensor.Count > 0 && tensor.Dimensions[0] % type.BlockLength != 0)
        {
            _problems.Add(tensor.Field + " dimensions", Invariant(
                $"{tensor.Shape}; rows of type {type.Name} are multiples of {type.BlockLength} long"));
        }

        if (tensor.Count == 0)
        {
            _problems.Add(tensor.Field + " dimensions", tensor.Dimensions.All(length => length > 0)
                ? $"{tensor.Shape}; that is more than can be counted"
                : $"{tensor.Shape}; each must be at least 1");
        }
        else if (tensor.Size is null && tensor.Type is { } known && tensor.Dimensions[0] % known.BlockLength == 0)
        {
            _problems.Add(tensor.Field + " dimensions", $"{tensor.Shape}; that is more bytes than can be counted");
        }
    }

    private bool TryReadString(string field, int longest, out byte[] text)
    {
        text = [];
        if (!_cursor.TryReadUInt64(out var length) || length > (ulong)longest || (long)length > _cursor.Remaining)
        {
            return CannotBe(field, length, longest);
        }

        text = new byte[length];
        return _cursor.TryRead(text) || Ends(field);
    }

    private bool CannotBe(string field, ulong length, int longest)
    {
        if (length > (ulong)_cursor.Remaining || _cursor.Remaining == 0)
        {
            _problems.Add(field, length == 0
                ? "the file ends before it"
                : Invariant($"a length of {length} bytes; {_cursor.Remaining} bytes are left in the file"));
        }
        else
        {
            _problems.Add(field, length > (ulong)longest
                ? Invariant($"a length of {length} bytes; at most {longest} are taken")
                : "the file ends within it");
        }

        return false;
    }

    private bool Ends(string field)
    {
        _problems.Add(field, "the file ends before it");
        return false;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
