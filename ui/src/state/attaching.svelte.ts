import type { Attachment } from '../protocol/generated';
import { asApiError, type Transport } from '../transport/types';
import { errorSentence } from '../words/sentences';

/** A file on its way into a message. */
export interface Coming {
  name: string;
  /** `null` while it is read, or when it cannot be. */
  attachment: Attachment | null;
  /** Why it cannot go with the message. */
  problem: string | null;
}

/** The files that go with what is being written. */
export class Attaching {
  files = $state<Coming[]>([]);
  #transport: Transport;
  /** They never touch the disk. */
  #temporary: boolean;

  constructor(transport: Transport, temporary: boolean) {
    this.#transport = transport;
    this.#temporary = temporary;
  }

  get ready(): Attachment[] {
    return this.files.flatMap(({ attachment }) => attachment ?? []);
  }

  /** Reads files, one after the other: two large ones at once would not be faster. */
  async add(files: readonly File[]): Promise<void> {
    const from = this.files.length;
    this.files.push(...files.map(({ name }) => ({ name, attachment: null, problem: null })));
    const coming = this.files.slice(from);
    for (const [n, file] of files.entries()) {
      const at = coming[n] as Coming;
      try {
        const data = await base64(file);
        at.attachment = await this.#transport.call('attachment_add', {
          name: file.name,
          data,
          temporary: this.#temporary,
        });
      } catch (thrown) {
        at.problem = errorSentence(asApiError(thrown));
      }
    }
  }

  remove(file: Coming): void {
    this.files = this.files.filter((other) => other !== file);
  }

  /** Takes them all for a message. They come back with `restore` if it is not accepted. */
  take(): Coming[] {
    const taken = this.files;
    this.files = [];
    return taken;
  }

  restore(taken: Coming[]): void {
    this.files = [...taken, ...this.files];
  }
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = String(reader.result);
      resolve(url.slice(url.indexOf(',') + 1));
    };
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
