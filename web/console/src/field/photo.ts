// A photo is made small on the phone: a thin network carries 200 KB, not 8 MB,
// and what a camera hides in a file (place, owner) stays on the phone.

/** Longest side in px, and the size that is aimed at, bytes. */
const SIDE = 1600;
const AIM = 400_000;

/** The size that fits into SIDE without changing the form. */
export function fit(width: number, height: number, side = SIDE): { width: number; height: number } {
  const part = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * part)), height: Math.max(1, Math.round(height * part)) };
}

/** Reads, turns upright, shrinks and packs a picture as JPEG. */
export async function shrink(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    const size = fit(picture.width, picture.height);
    const canvas = document.createElement('canvas');
    canvas.width = size.width;
    canvas.height = size.height;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(picture, 0, 0, size.width, size.height);
    for (const quality of [0.82, 0.65, 0.45]) {
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
      if (blob && (blob.size <= AIM || quality === 0.45)) return blob;
    }
    throw new Error('no picture');
  } finally {
    picture.close();
  }
}
