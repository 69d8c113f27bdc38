// workbook - an XLSX as spreadsheets write it: a ZIP of parts that are stored, not packed.

function zip(parts) {
  const files = [], directory = [];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const data = Buffer.from(text), called = Buffer.from(name);
    const head = Buffer.alloc(30), entry = Buffer.alloc(46);
    head.writeUInt32LE(0x04034b50, 0);
    entry.writeUInt32LE(0x02014b50, 0);
    for (const [record, from] of [[head, 18], [entry, 20]]) { // sizes; the sum is nobody's here
      record.writeUInt32LE(data.length, from);
      record.writeUInt32LE(data.length, from + 4);
      record.writeUInt16LE(called.length, from + 8);
    }
    entry.writeUInt32LE(at, 42);
    files.push(head, called, data);
    directory.push(entry, called);
    at += head.length + called.length + data.length;
  }
  const end = Buffer.alloc(22), size = directory.reduce((sum, part) => sum + part.length, 0), count = Object.keys(parts).length;
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, ...directory, end]);
}

const column = (i) => String.fromCharCode(65 + i);

/** A cell: a text; {number: "1.5E3"}; {day: "46063"}, days since the end of 1899. */
function cellXml(cell, place) {
  return typeof cell === "string" ? `<c r="${place}" t="inlineStr"><is><t>${cell}</t></is></c>`
    : `<c r="${place}" s="${cell.day === undefined ? 0 : 1}"><v>${cell.number ?? cell.day}</v></c>`;
}

/** `rows` stand on the sheet that is first in the workbook, though its file is called the second. */
export function workbook(rows) {
  const sheet = (data) => `<worksheet><sheetData>${data}</sheetData></worksheet>`;
  const data = rows.map((cells, r) => `<row r="${r + 1}">${cells.map((cell, c) => cellXml(cell, `${column(c)}${r + 1}`)).join("")}</row>`).join("");
  return zip({
    "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="a" sheetId="2" r:id="rId2"/><sheet name="b" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="worksheets/sheet2.xml"/></Relationships>',
    "xl/styles.xml": '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    "xl/worksheets/sheet1.xml": sheet(""),
    "xl/worksheets/sheet2.xml": sheet(data),
  });
}
